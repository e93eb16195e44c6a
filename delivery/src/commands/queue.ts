import { namesOf } from '@clarity/environments'
import { createLogs } from '../aws/logs.ts'
import { readHandedOn } from '../aws/parameters.ts'
import { createQueueAge } from '../aws/queue-age.ts'
import { createQueues } from '../aws/queues.ts'
import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { openWorld, type ReleaseWorld } from '../deploy/prepare.ts'
import { underLock } from '../deploy/under-lock.ts'
import { ClarityError } from '../errors.ts'
import { type Told, withEvidence } from '../evidence/with-evidence.ts'
import { readQueueStatus } from '../queue/read-status.ts'
import { movedWords, type Redriven, redrive } from '../queue/redrive.ts'
import { queueLines } from '../queue/report.ts'
import { access, chooseTarget, type Target } from '../target.ts'
import { waitSeconds } from './deploy.ts'

/**
 * `clarity queue <env> status|redrive`: what waits, what was given up and why, and back with it once the cause is mended.
 * No body of a message is shown or kept. `status` ends with exit code 3 while there are dead letters.
 */
export const run: RunCommand = async invocation => {
  const { root, variables, positionals } = invocation
  const [name = '', action = ''] = positionals
  const target = chooseTarget(name, root, variables)
  if (action === 'status') return status(invocation, target)
  if (action === 'redrive') return moveBack(invocation, target)
  throw usage(`queue has no action '${action}'`, 'choose status or redrive')
}

async function status({ emit }: Invocation, target: Target): Promise<number> {
  const { environment } = target
  const to = await access(target)
  const handedOn = await readHandedOn(to, environment)
  const { queue, deadLetterQueue, workerLogGroup } = namesOf(environment)
  const now = new Date()
  const found = await readQueueStatus({
    queues: createQueues(to),
    age: createQueueAge(to),
    logs: createLogs(to),
    queue: { name: queue, url: handedOn['queue-url'] },
    deadLetters: { name: deadLetterQueue, url: handedOn['dead-letter-queue-url'] },
    workerLogGroup,
    now: () => now,
  })
  emit({
    type: 'result',
    text: queueLines(found, environment.name, now).join('\n'),
    data: { environment: environment.name, ...found },
  })
  return found.deadLetters.waiting > 0 ? EXIT.unhealthy : EXIT.succeeded
}

async function moveBack(invocation: Invocation, target: Target): Promise<number> {
  const { emit, signal, variables, values } = invocation
  const perSecond = rate(values.rate as string | undefined)
  const wait = waitSeconds(invocation)
  const world = await openWorld(target, emit, signal, variables)
  const { name } = world.environment
  const deadLetterUrl = world.handedOn['dead-letter-queue-url']
  const queues = createQueues(world.access)
  if (values['dry-run']) {
    const { waiting } = await queues.counts(deadLetterUrl)
    const text =
      waiting === 0 ? nothing(name) : `would move ${waiting} dead letters of ${name} back to their queue`
    emit({ type: 'result', text, data: { environment: name, deadLetters: waiting } })
    return EXIT.succeeded
  }
  const done = await withEvidence<ReleaseWorld, Redriven | undefined>(
    world,
    { kind: 'redrive', identity: world.identity, tell: result => result && tellRedrive(result) },
    watched =>
      underLock(watched, { why: 'redrive', commit: 'dead letters', waitSeconds: wait }, held =>
        redrive({ queues, deadLetterUrl, perSecond, emit: held.emit, signal, pollMs: held.pollMs }),
      ),
  )
  if (done) requireMoved(done, name, signal.aborted)
  const text = done
    ? `${done.moved} dead letters are back in the queue, ${done.deadLettersLeft} are left; what fails again comes back: clarity queue ${name} status`
    : nothing(name)
  emit({ type: 'result', text, data: { environment: name, ...done } })
  return EXIT.succeeded
}

function tellRedrive(done: Redriven): Told {
  const succeeded = done.status === 'COMPLETED'
  return {
    verdict: succeeded ? 'moved' : done.status.toLowerCase(),
    exitCode: succeeded ? EXIT.succeeded : EXIT.failed,
    reason: `dead letters: ${movedWords(done)} back, ${done.deadLettersLeft} left`,
  }
}

/** @throws ClarityError `redrive_failed`, `interrupted`, `timed_out` (exit code 8) */
function requireMoved(done: Redriven, environment: string, interrupted: boolean): void {
  const { status, failure } = done
  if (status === 'COMPLETED') return
  if (status !== 'RUNNING' && status !== 'CANCELLING')
    throw new ClarityError(
      'redrive_failed',
      `SQS ended the redrive as ${status} after ${movedWords(done)}${failure ? `: ${failure}` : ''}`,
      `see what is left: clarity queue ${environment} status; then redrive again`,
    )
  throw new ClarityError(
    interrupted ? 'interrupted' : 'timed_out',
    `${interrupted ? 'interrupted' : 'the redrive has not ended'}, ${movedWords(done)}; SQS goes on without this command`,
    `see how far it is: clarity queue ${environment} status; follow it: clarity queue ${environment} redrive`,
    { exitCode: interrupted ? EXIT.failed : EXIT.timedOut },
  )
}

function nothing(environment: string): string {
  return `${environment} has no dead letters; nothing to do`
}

/** SQS takes 1 to 500. */
function rate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const perSecond = Number(text)
  if (Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= 500) return perSecond
  throw usage(`'${text}' is no rate`, 'give --rate from 1 to 500 messages a second')
}

function usage(message: string, fix: string): ClarityError {
  return new ClarityError('usage', message, fix, { exitCode: EXIT.usage })
}
