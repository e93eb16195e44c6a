import { randomUUID } from 'node:crypto'
import type { ServiceEvent } from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import { dated, type Records } from './records.ts'

/** As many events as DescribeServices gives. */
const MOST_EVENTS = 100

export interface Events {
  /** Adds `(service name) <message>`; nothing for a task without a service. */
  add(cluster: string, service: string | undefined, message: string): void
  /** Newest first. */
  list(cluster: string, service: string): ServiceEvent[]
  forget(cluster: string, service: string): void
}

export function createEvents(records: Records, clock: Clock): Events {
  function add(cluster: string, service: string | undefined, message: string): void {
    if (!service) return
    const prefix = `${cluster}/${service}/`
    const keys = records.events.keys(prefix)
    const sequence = Number(keys.at(-1)?.slice(prefix.length) ?? 0) + 1
    records.events.put(prefix + String(sequence).padStart(12, '0'), {
      id: randomUUID(),
      createdAt: clock.now(),
      message: `(service ${service}) ${message}`,
    })
    for (const key of keys.slice(0, Math.max(0, keys.length + 1 - MOST_EVENTS))) records.events.delete(key)
  }

  return {
    add,
    list: (cluster, service) =>
      records.events
        .list(`${cluster}/${service}/`)
        .reverse()
        .map(event => dated<ServiceEvent>(event)),
    forget: (cluster, service) => {
      for (const key of records.events.keys(`${cluster}/${service}/`)) records.events.delete(key)
    },
  }
}
