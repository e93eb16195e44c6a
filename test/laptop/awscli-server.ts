import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** What a command printed and how it ended. */
export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** Runs commands of one awscli, one after another. */
export type AwsServer = (args: string[], cwd?: string) => Promise<Ended>

/**
 * The interpreter of an awscli that is a Python script; undefined for one that is not, as AWS's own builds of version 2.
 * @param command a name in the PATH, or a path
 */
export function interpreterOf(command: string): string | undefined {
  const places = command.includes('/') ? [command] : (process.env.PATH ?? '').split(delimiter)
  for (const place of places) {
    const path = place === command ? command : join(place, command)
    try {
      accessSync(path, constants.X_OK)
      const start = Buffer.alloc(200)
      const file = openSync(path, 'r')
      readSync(file, start, 0, start.length, 0)
      closeSync(file)
      return /^#! ?(\S*python[\d.]*)\n/.exec(start.toString('latin1'))?.[1]
    } catch {
      // not there: the next place
    }
  }
  return undefined
}

/** Starts the interpreter with the awscli that is installed for it; it ends with the process that asks. */
export function startAwsServer(interpreter: string, env: NodeJS.ProcessEnv): AwsServer {
  const child = spawn(interpreter, [join(import.meta.dirname, 'awscli-server.py')], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: PromiseWithResolvers<Ended>[] = []
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.resolve(JSON.parse(line)))
  child.once('close', code => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`awscli's process ended with ${code}`))
  })
  child.unref()
  return (args, cwd) => {
    const answer = Promise.withResolvers<Ended>()
    waiting.push(answer)
    child.stdin.write(`${JSON.stringify({ args, cwd })}\n`)
    return answer.promise
  }
}
