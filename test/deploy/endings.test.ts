import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { ENVIRONMENTS } from '@clarity/environments'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsAccess, accessTo } from '../support/access.ts'
import { changeFile, makeRelease } from '../support/change.ts'
import { addFaults, advanceClock, clearFaults } from '../support/control.ts'
import type { CliEvent, Laptop } from '../support/laptop.ts'
import { servingLaptop } from '../support/serving-laptop.ts'

/** Endings that nobody at the keyboard brings about: an alarm, slow answers, a pause that runs out, an ECS that is silent. */
const SPEED = 30
const ALARM = 'clarity-test-errors'
const { testTimeoutMinutes, approvalTimeoutMinutes } = ENVIRONMENTS.local.deployment

let laptop: Laptop
let access: AwsAccess
let serving: string
beforeAll(async () => {
  const served = await servingLaptop({ CLARITY_SPEED: `${SPEED}` })
  laptop = served
  serving = served.release
  access = await accessTo(laptop)
  await changeFile(laptop, 'environments/src/local.ts', source =>
    source.replace(
      'deployment: {',
      `deployment: {\n    alarms: ['${ALARM}'],\n    prober: { perSecond: 25 },`,
    ),
  )
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

const stage =
  (name: RegExp) =>
  ({ step, type, message = '' }: CliEvent) =>
    type === 'step-progress' && step === 'release.api' && name.test(message)

async function answering(): Promise<string | null> {
  return (await fetch(`${laptop.baseUrl}/health`)).headers.get('x-clarity-release')
}

/** What `clarity diagnose` finds of the API: exit code 3 while something is wrong. */
async function diagnosis() {
  const { exitCode, last } = await laptop.clarity('diagnose', 'local')
  return { exitCode, cause: last.data.services[0].cause }
}

test('an alarm in bake rolls back, and is named as the cause', { timeout: 120_000 }, async () => {
  const cloudwatch = new CloudWatchClient(access)
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: ALARM,
      Namespace: 'Clarity/Test',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'ignore',
    }),
  )
  const state = (StateValue: 'OK' | 'ALARM') =>
    cloudwatch.send(new SetAlarmStateCommand({ AlarmName: ALARM, StateValue, StateReason: 'a test' }))
  await state('OK')
  await makeRelease(laptop, 1)
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(stage(/BAKE_TIME/))
  await state('ALARM')
  const ended = await deploy.end
  expect(ended, JSON.stringify(ended.last)).toMatchObject({
    exitCode: 6,
    last: { code: 'rolled_back', message: expect.stringContaining(ALARM) },
  })
  expect(await answering()).toBe(serving)
  expect(await diagnosis()).toMatchObject({ exitCode: 3, cause: { id: 'alarm' } })
  await state('OK')
})

test('answers that come too late spend the budget of the prober', { timeout: 120_000 }, async () => {
  const host = new URL(laptop.baseUrl).host
  const NEXT = '  refuseOverload(app, deps.overload)\n'
  const late = `  app.addHook('onRequest', async request => {
    if (request.headers.host === '${host}') await new Promise(wake => setTimeout(wake, 1100))
  })\n`
  const undo = await changeFile(laptop, 'backend/src/api/app.ts', source => source.replace(NEXT, late + NEXT))
  const deploy = await laptop.clarity('deploy', 'local')
  await undo()
  expect(deploy, JSON.stringify(deploy.last)).toMatchObject({
    exitCode: 6,
    last: {
      code: 'rolled_back',
      message: expect.stringMatching(
        /^rolled back: \d+ of \d+ answers since the shift began took longer than a second/,
      ),
    },
  })
  expect(await answering()).toBe(serving)
})

test('a pause that nobody answers any more runs out; the next command says so, and releases', {
  timeout: 90_000,
}, async () => {
  await makeRelease(laptop, 2)
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(stage(/POST_TEST_TRAFFIC_SHIFT/))
  deploy.kill('SIGKILL')
  await deploy.end
  await advanceClock(laptop, (testTimeoutMinutes / SPEED) * 60_000)
  const next = await laptop.clarity('deploy', 'local', '--wait', '30')
  const notes = next.events.flatMap(({ type, message }) => (type === 'note' ? [message] : [])).join('\n')
  expect(notes).toMatch(/did not end in order/)
  expect(notes).toMatch(/it left: the API is on .*ROLLBACK_SUCCESSFUL.*POST_TEST_TRAFFIC_SHIFT.*timed out/)
  expect(next.exitCode, JSON.stringify(next.last)).toBe(0)
  serving = next.last.data.release
  expect(await answering()).toBe(serving)
})

test('an ECS that tells no more ends the command; an approval that nobody gives in time, the deployment', {
  timeout: 90_000,
}, async () => {
  laptop.env.CLARITY_APPROVAL = 'true'
  await makeRelease(laptop, 3)
  expect(await laptop.clarity('deploy', 'local')).toMatchObject({ exitCode: 5 })
  const waiting = laptop.start('deploy', 'local', '--attach', '--wait-approval')
  await waiting.until(stage(/waits for a person/))
  await addFaults(laptop, {
    service: 'ecs',
    operation: 'DescribeServiceDeployments',
    kind: 'error',
    code: 'AccessDeniedException',
  })
  const ended = await waiting.end
  await clearFaults(laptop)
  expect(ended, JSON.stringify(ended.last)).toMatchObject({
    exitCode: 8,
    last: { code: 'out_of_sight', fix: expect.stringContaining('--attach') },
  })

  await advanceClock(laptop, (approvalTimeoutMinutes / SPEED) * 60_000)
  const approved = await laptop.clarity('approve', 'local')
  expect(approved, JSON.stringify(approved.last)).toMatchObject({
    exitCode: 6,
    last: { code: 'approval_expired', fix: expect.stringContaining('still serves') },
  })
  expect(await diagnosis()).toMatchObject({ exitCode: 3, cause: { id: 'pause-timed-out' } })
  expect(await answering()).toBe(serving)
  const { services } = (await laptop.clarity('status', 'local')).last.data
  expect(services[1].release).toBe(serving)
})
