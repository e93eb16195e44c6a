import type { ServiceContext } from '../../core/service.ts'

/** A message that AWS would have sent by mail or SMS. */
export interface Delivery {
  destination: string
  medium: 'EMAIL' | 'SMS'
  /** Why it was sent: `sign-up`, `password`, `verify-email`, `invitation`. */
  purpose: string
  poolId: string
  username: string
  /** The six digits; absent on an invitation. */
  code?: string
  /** Of an invitation by an administrator. */
  temporaryPassword?: string
  /** ISO 8601 */
  sentAt: string
}

/** The letters of one destination that are kept. */
const KEPT = 20

/** Where codes are delivered to, for a person or a test to read. Survives a restart. */
export interface Outbox {
  deliver(delivery: Omit<Delivery, 'sentAt'>): void
  /** Newest first. */
  read(destination: string): Delivery[]
}

export function createOutbox({ store, clock }: ServiceContext): Outbox {
  const boxes = store.collection<Delivery[]>('cognito-idp', 'outbox')
  const read = (destination: string) => boxes.get(destination.toLowerCase()) ?? []
  return {
    read,
    deliver: delivery => {
      const sentAt = new Date(clock.now()).toISOString()
      const kept = [{ ...delivery, sentAt }, ...read(delivery.destination)].slice(0, KEPT)
      boxes.put(delivery.destination.toLowerCase(), kept)
    },
  }
}
