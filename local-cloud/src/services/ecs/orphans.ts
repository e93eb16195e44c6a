import type { Clock } from '../../core/clock.ts'
import { processesMarked, signal, startOf } from './process-identity.ts'
import type { Records, TaskRecord } from './records.ts'
import { taskKey } from './task-record.ts'
import type { Traffic } from './traffic.ts'

/** How long a killed process may take to be gone. */
const DEATH_MS = 5000

/**
 * After a cloud that did not stop in order: ends the processes of its tasks, which nobody supervises any more,
 * and records the tasks as stopped. A process is killed only when its start time, or the marker in its
 * environment, shows that it is the task's own. The services' schedulers then bring back what is wanted.
 */
export async function endOrphans(records: Records, traffic: Traffic, clock: Clock): Promise<number> {
  const left = records.tasks.list().filter(({ task }) => task.lastStatus !== 'STOPPED')
  const groups = left.flatMap(({ processes }) =>
    processes.filter(({ pid, started }) => startOf(pid) === started),
  )
  for (const { pid } of groups) signal(-pid, 'SIGKILL')
  const marked = processesMarked(left.map(({ marker }) => marker))
  for (const pid of marked) signal(pid, 'SIGKILL')
  const deadline = clock.now() + DEATH_MS
  const alive = () => [...groups.map(({ pid }) => pid), ...marked].some(pid => startOf(pid) !== undefined)
  while (alive() && clock.now() < deadline) await clock.sleep(10)
  for (const record of left) {
    await traffic.deregister(record.targets).catch(() => {})
    records.tasks.put(taskKey(record), ended(record, clock.now()))
  }
  return groups.length
}

function ended(record: TaskRecord, now: number): TaskRecord {
  const { task } = record
  return {
    ...record,
    processes: [],
    targets: [],
    task: {
      ...task,
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: task.stopCode ?? 'InfrastructureHealth',
      stoppedReason:
        task.stoppedReason ?? 'The infrastructure that ran the task failed: the local cloud was ended.',
      stoppingAt: task.stoppingAt ?? now,
      stoppedAt: now,
      containers: task.containers?.map(container => ({ ...container, lastStatus: 'STOPPED' })),
    },
  }
}
