import { AssertionError } from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Case, Suite, Target } from './suite.ts'

/** How one case ended against one target. */
export type Outcome =
  | { result: 'passed' }
  | { result: 'failed'; because: string }
  | { result: 'skipped'; because: string }

/** Longest that a case may take before it counts as failed, in milliseconds. */
const PATIENCE_MS = 30_000

/** Longest text of a reason, in characters. */
const MOST = 160

/** Runs a suite, one case after the other. */
export async function runSuite(suite: Suite, target: Target): Promise<{ case: Case; outcome: Outcome }[]> {
  const done: { case: Case; outcome: Outcome }[] = []
  for (const one of suite.cases(target)) done.push({ case: one, outcome: await runCase(one) })
  return done
}

async function runCase({ skip, run }: Case): Promise<Outcome> {
  if (skip) return { result: 'skipped', because: skip }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
  })
  try {
    await Promise.race([run(), late])
    return { result: 'passed' }
  } catch (error) {
    return { result: 'failed', because: firstLine(error as Error) }
  } finally {
    clearTimeout(timer)
  }
}

function firstLine(error: Error): string {
  if (error instanceof AssertionError && error.generatedMessage)
    return `expected ${short(error.expected)}, got ${short(error.actual)}`
  const line = (error.message || error.name).split('\n')[0] ?? ''
  return line.slice(0, MOST)
}

function short(value: unknown): string {
  const text = inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 5 })
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text
}
