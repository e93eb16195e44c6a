import type { ParseArgsConfig } from 'node:util'
import type { Emit } from '../ui/events.ts'
import type { EXIT } from './exit-codes.ts'

/** A verb as data; what it does is loaded only when it is used. */
export interface Command {
  name: string
  summary: string
  /** What follows the verb, as the help shows it: `<env>`, `[env]`. */
  positionals: { name: string; required: boolean; description: string }[]
  options: Record<string, CommandOption>
  /** Exit codes that it ends with beside `succeeded`, `failed` and `usage`, which every verb has. */
  exits?: (keyof typeof EXIT)[]
  load(): Promise<{ run: RunCommand }>
}

export type CommandOption = NonNullable<ParseArgsConfig['options']>[string] & {
  description: string
  /** How the value is called in the help: `--tail <lines>`. */
  value?: string
}

export interface Invocation {
  positionals: string[]
  values: Record<string, string | boolean | undefined>
  emit: Emit
  /** The checkout in which the command line lives. */
  root: string
  /** The process environment, read here and nowhere below. */
  variables: Record<string, string | undefined>
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

/** @returns the exit code */
export type RunCommand = (invocation: Invocation) => Promise<number>
