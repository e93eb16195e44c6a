import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { namesOf } from '@clarity/environments'
import { clientConfig } from '../aws/clients.ts'
import { createLogs } from '../aws/logs.ts'
import { readHandedOn } from '../aws/parameters.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { pollMs } from '../poll.ts'
import { access, chooseTarget } from '../target.ts'

/** How long the workers may take, by default. */
const WAIT_MINUTES = 60

/**
 * `clarity rebuild <env>`: has the workers make every chunk, summary and tombstone anew from the raw envelopes in S3,
 * compare them with the table item by item, and mend what differs. `--dry-run` compares only. A user's rebuild stands
 * in line with that user's uploads, so that it may run while the environment serves. The command reads no health data:
 * it puts one message on the queue and counts the answers in the workers' log.
 */
export const run: RunCommand = async ({
  emit,
  root,
  variables,
  values,
  signal,
  positionals: [name = ''],
}) => {
  const target = chooseTarget(name, root, variables)
  const to = await access(target)
  const handedOn = await readHandedOn(to, target.environment)
  const mode = values['dry-run'] ? 'check' : 'mend'
  const id = randomUUID()
  const started = Date.now()
  const pointer = {
    version: 1,
    // The worker knows it as everyone, and spreads it.
    user_id: (values.user as string | undefined) ?? '*',
    upload_id: id,
    kind: 'rebuild',
    key: `${mode} ${id}`,
    received_at: new Date(started).toISOString(),
  }
  await new SQSClient(clientConfig(to)).send(
    new SendMessageCommand({
      QueueUrl: handedOn['queue-url'],
      MessageBody: JSON.stringify(pointer),
      MessageGroupId: pointer.user_id,
      MessageDeduplicationId: id,
    }),
  )
  emit({ type: 'result', text: `asked for: ${mode} ${id}`, data: { run: id, mode } })

  const logs = createLogs(to)
  const { workerLogGroup } = namesOf(target.environment)
  const deadline = started + Number(values.minutes ?? WAIT_MINUTES) * 60_000
  for (;;) {
    const events = await logs.since(workerLogGroup, started - 60_000, `{ $.run = "${id}" }`)
    const { expected, done, same, changed, removed } = tally(
      events.map(({ message = '' }) => message),
      values.user ? 1 : undefined,
    )
    if (expected !== undefined && done >= expected) {
      const differing = changed + removed
      const text = `${done} users: ${same} items the same, ${changed} ${mode === 'check' ? 'differ' : 'mended'}, ${removed} ${
        mode === 'check' ? 'too many' : 'removed'
      }`
      emit({ type: 'result', text, data: { run: id, mode, users: done, same, changed, removed } })
      return mode === 'check' && differing > 0 ? EXIT.unhealthy : EXIT.succeeded
    }
    if (Date.now() > deadline)
      throw new ClarityError(
        'timed_out',
        `${done} of ${expected ?? 'all'} users are done after ${values.minutes ?? WAIT_MINUTES} minutes`,
        `the workers go on; look again with 'clarity logs ${name} --service worker', and at what was given up with 'clarity queue ${name} status'`,
        { exitCode: EXIT.timedOut },
      )
    await sleep(Math.max(200, pollMs(target.environment)), undefined, { signal })
  }
}

/** What the workers' lines of one run say together; a line that a repetition wrote again counts once a user. */
export function tally(lines: readonly string[], users: number | undefined) {
  const found = { expected: users, done: 0, same: 0, changed: 0, removed: 0 }
  const seen = new Set<string>()
  for (const text of lines) {
    const line = parse(text)
    if (line.event === 'rebuild spread') found.expected = Number(line.count)
    if (line.event !== 'rebuild compared' || seen.has(String(line.upload_id))) continue
    seen.add(String(line.upload_id))
    found.done++
    found.same += Number(line.same)
    found.changed += Number(line.changed)
    found.removed += Number(line.removed)
  }
  return found
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
