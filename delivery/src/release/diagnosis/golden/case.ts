import type { Facts } from '../facts.ts'

/** The cause that must come out on top, the facts as AWS words them, and what the cause must say. */
export type Case = [id: string, change: Partial<Facts>, says?: RegExp]
