import type { Random } from './random.ts'

/** A promise of the cloud that a run tries to break: what it was asked, what it acknowledged, what must hold. */
export interface Model {
  name: string
  /** How many go at it at once. */
  workers: number
  prepare(): Promise<void>
  /**
   * One request or two. Rejects with whatever the connection rejects with when the cloud is away: what became of the
   * request is unknown then.
   * @throws BrokenPromise
   */
  step(worker: number, random: Random): Promise<void>
  /** Looks whether all that was acknowledged holds, with the cloud up and nobody else at it. @throws BrokenPromise */
  verify(): Promise<void>
  /** What was done, for one line. */
  told(): string
}

/** What was promised and is not so. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** An answer of 5xx: like no answer, nothing is known of the request. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}
