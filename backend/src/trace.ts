import { AsyncLocalStorage } from 'node:async_hooks'

/** What a piece of work belongs to. */
export interface Trace {
  /** 32 hexadecimal digits (https://www.w3.org/TR/trace-context/#trace-id). */
  traceId: string
}

const current = new AsyncLocalStorage<Trace>()

/** Runs work, and all that follows from it, as part of a trace: every line that it logs then names it. */
export function withTrace<T>(traceId: string | undefined, work: () => T): T {
  return traceId === undefined ? work() : current.run({ traceId }, work)
}

/** The trace that what runs now belongs to. */
export function currentTrace(): string | undefined {
  return current.getStore()?.traceId
}

/** The trace id of a `traceparent` header; `undefined` where it is none. */
export function traceIdOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined
  const [, version, id] = /^([0-9a-f]{2})-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/.exec(header) ?? []
  return version === 'ff' || id === '0'.repeat(32) ? undefined : id
}
