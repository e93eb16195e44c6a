import { setTimeout as sleep } from 'node:timers/promises'
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { namesOf } from '@clarity/environments'
import { createLogs } from '../aws/logs.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { pollMs } from '../poll.ts'
import { access, chooseTarget } from '../target.ts'

const DAY_MS = 86_400_000

/** `clarity logs <env>`: the newest lines of all tasks of a service, then what follows. */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  values,
  signal,
  positionals: [name = ''],
}) => {
  const target = chooseTarget(name, root, variables)
  const names = namesOf(target.environment)
  const groups: Record<string, string> = { api: names.apiLogGroup, worker: names.workerLogGroup }
  const service = (values.service as string | undefined) ?? 'api'
  const group = groups[service]
  if (!group)
    throw new ClarityError('usage', `there is no service '${service}'`, 'choose api or worker', {
      exitCode: EXIT.usage,
    })
  const lines = Number(values.lines ?? 50)
  if (!Number.isInteger(lines) || lines < 1)
    throw new ClarityError(
      'usage',
      `'${values.lines}' is no number of lines`,
      'give --lines 50, for instance',
      {
        exitCode: EXIT.usage,
      },
    )
  const logs = createLogs(await access(target))
  const tell = ({ logStreamName, message, timestamp = 0 }: FilteredLogEvent) =>
    emit({
      type: 'result',
      text: `${new Date(timestamp).toISOString()} ${logStreamName?.split('/').pop()?.slice(0, 8)} ${message}`,
      data: { timestamp, logStreamName, message },
    })

  const seen = new Set<string>()
  let since = Date.now() - DAY_MS
  const look = async (most: number) => {
    const events = (await logs.since(group, since)).filter(event => !seen.has(event.eventId ?? ''))
    for (const event of events.slice(-most)) tell(event)
    for (const event of events) seen.add(event.eventId ?? '')
    since = Math.max(since, (events.at(-1)?.timestamp ?? since) - 5000)
  }
  await look(lines)
  while (values.follow && !signal.aborted) {
    await sleep(Math.max(500, pollMs(target.environment)), undefined, { signal }).catch(() => {})
    if (!signal.aborted) await look(Number.POSITIVE_INFINITY)
  }
  return EXIT.succeeded
}
