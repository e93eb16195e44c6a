import { randomUUID } from 'node:crypto'
import { needsOf, type Place } from '../access/needs.ts'
import type { Clock } from '../core/clock.ts'
import type { Caller, Service, ServiceContext } from '../core/service.ts'
import type { Store } from '../core/store.ts'
import { eventNameOf, isManagement, isRead } from './management.ts'

/** A call that CloudTrail's event history tells of. Never what was sent, only what it was sent about. */
export interface CallRecord {
  id: string
  /** Milliseconds since the epoch. */
  at: number
  /** The name in the signature's scope: `ecs`. */
  service: string
  /** As CloudTrail names it: `PutBucketLifecycle`. */
  name: string
  isRead: boolean
  caller: Pick<Caller, 'accountId' | 'arn' | 'userId' | 'accessKeyId'>
  requestId: string
  userAgent?: string
  /** AWS's code where the call was refused or failed. */
  errorCode?: string
  /** ARNs of what the call was about, as IAM was asked. */
  resources: string[]
}

/** What the gateway and `invoke` know when a call ends. */
export interface EndedCall {
  service: Service
  operation: string
  input: Record<string, unknown>
  caller: Caller
  requestId: string
  userAgent?: string
  errorCode?: string
}

type Log = ServiceContext['log']

/** Writes a call down. */
export type NoteCall = (call: EndedCall) => void

/** How far back the history goes: 90 days, as on AWS, and no more calls than these. */
const KEPT_DAYS = 90
const KEPT_CALLS = 20_000
/** How often what is too old is looked for: once in so many calls. */
const SWEEP_EVERY = 500

/** Where the history is: newest first, by {@link keyOf}. */
export function callsOf(store: Store) {
  return store.collection<CallRecord>('cloudtrail', 'call')
}

/** Keys sort the newest call first. @param after how many calls came before it in the same millisecond */
export function keyOf(at: number, after = 0): string {
  return String(9e15 - at * 1000 - after).padStart(16, '0')
}

/**
 * Management calls, kept as CloudTrail's event history keeps them. Calls about data are not recorded, as there; nor are
 * unsigned ones, and what services only look up of each other. What cannot be written down does not fail the call.
 */
export function createCallHistory(store: Store, clock: Clock, place: Place, log: Log): NoteCall {
  const calls = callsOf(store)
  let [lastAt, sameMoment, noted] = [0, 0, 0]

  function sweep(): void {
    const tooOld = keyOf(clock.now() - KEPT_DAYS * 86_400_000)
    const keys = calls.keys()
    for (const key of keys.filter((key, at) => at >= KEPT_CALLS || key > tooOld)) calls.delete(key)
  }

  return ({ service, operation, input, caller, requestId, userAgent, errorCode }) => {
    const { accountId, arn, userId, accessKeyId } = caller
    if (arn === 'anonymous' || !isManagement(service.name, operation)) return
    if (arn.endsWith('.amazonaws.com') && isRead(operation)) return
    const at = clock.now()
    sameMoment = at === lastAt ? sameMoment + 1 : 0
    lastAt = at
    try {
      const resources = needsOf(service.name, operation, input, place).map(({ resource }) => resource)
      calls.put(keyOf(at, sameMoment), {
        id: randomUUID(),
        at,
        service: service.name,
        name: eventNameOf(service.name, operation),
        isRead: isRead(operation),
        caller: { accountId, arn, userId, accessKeyId },
        requestId,
        ...(userAgent ? { userAgent } : {}),
        ...(errorCode ? { errorCode } : {}),
        resources: [...new Set(resources)].filter(resource => resource !== '*'),
      })
      if (++noted % SWEEP_EVERY === 0) sweep()
    } catch (error) {
      log('cloudtrail', 'a call is missing in the event history', { error: (error as Error).message })
    }
  }
}
