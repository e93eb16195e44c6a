import { ENVIRONMENTS } from '@clarity/environments'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProber } from '../../delivery/src/deploy/prober.ts'
import { makeRelease } from '../support/change.ts'
import { advanceClock } from '../support/control.ts'
import type { CliEvent, Laptop } from '../support/laptop.ts'
import { servingLaptop } from '../support/serving-laptop.ts'

/** Commands that end before their deployment does: the next one finds it, tells what it is, and carries it on. */

/** A bake of half a minute: on a busy machine too, two commands can die in it and their locks expire. */
const SPEED = 4
/** Ends a bake, for which nobody waits. */
const endBake = () => advanceClock(laptop, (ENVIRONMENTS.local.deployment.bakeMinutes / SPEED) * 60_000)

interface Stage {
  name: string
  is(event: CliEvent): boolean
  /** Whether it comes after a bake, which is ended then. */
  afterBake?: boolean
  /** What the command after the kill must say beside that the one before did not end in order. */
  next: RegExp
}

const atStage = (stage: RegExp) => (event: CliEvent) =>
  event.step === 'release.api' && event.type === 'step-progress' && stage.test(`${event.data?.stage}`)
const CARRYING_ON = /carrying on:/

/** One release, whose command is killed at each of these in turn; the next command carries it on. */
const STAGES: Stage[] = [
  {
    name: 'before the task definitions are registered',
    is: ({ type, step }) => type === 'step-started' && step === 'release.register',
    next: /it left: the API is on /,
  },
  {
    name: 'while the worker rolls',
    is: ({ type, step }) => type === 'step-progress' && step === 'release.worker',
    next: /the worker('s deployment of| is on) /,
  },
  { name: 'at SCALE_UP', is: atStage(/^SCALE_UP$/), next: CARRYING_ON },
  { name: 'at the pause', is: atStage(/^POST_TEST_TRAFFIC_SHIFT$/), next: CARRYING_ON },
  { name: 'after CONTINUE', is: atStage(/PRODUCTION_TRAFFIC_SHIFT$|^BAKE_TIME$/), next: CARRYING_ON },
  { name: 'at BAKE_TIME', is: atStage(/^BAKE_TIME$/), next: /carrying on:|ended as SUCCESSFUL/ },
  {
    name: 'at CLEAN_UP',
    is: atStage(/^CLEAN_UP$/),
    afterBake: true,
    next: /carrying on:|ended as SUCCESSFUL/,
  },
]

let laptop: Laptop
beforeAll(async () => {
  laptop = await servingLaptop({ CLARITY_SPEED: `${SPEED}` })
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

/** Runs `clarity deploy local` until it tells of `stage`, and kills it there, as the kernel would. */
async function killAt({ is, afterBake }: Stage): Promise<CliEvent[]> {
  const deploy = laptop.start('deploy', 'local', '--wait', '30')
  if (afterBake) {
    await deploy.until(atStage(/^BAKE_TIME$/))
    await endBake()
  }
  await deploy.until(is)
  deploy.kill('SIGKILL')
  await deploy.end
  return deploy.events
}

const notes = (events: CliEvent[]) =>
  events
    .filter(({ type }) => type === 'note')
    .map(({ message }) => message)
    .join('\n')

test('a command killed at any stage leaves a release that serves, and the next one carries on', {
  timeout: 150_000,
}, async () => {
  const release = async () => (await laptop.clarity('status', 'local')).last.data.services[0].release
  const before = await release()
  const traffic = startProber(`${laptop.baseUrl}/health`, {
    perSecond: 20,
    releaseHeader: 'x-clarity-release',
  })
  await makeRelease(laptop, 1)

  let killed: Stage | undefined
  const carriesOn = (events: CliEvent[]) => {
    if (!killed) return
    expect(notes(events), `after the kill ${killed.name}`).toMatch(/did not end in order/)
    expect(notes(events), `after the kill ${killed.name}`).toMatch(killed.next)
  }
  for (const stage of STAGES) {
    carriesOn(await killAt(stage))
    killed = stage
    expect(traffic.count()).toMatchObject({ failed: 0 })
  }
  const end = await laptop.clarity('deploy', 'local', '--wait', '30')
  carriesOn(end.events)
  expect(end.last, await laptop.cloudLog()).toMatchObject({ type: 'result' })

  const after = end.last.data.release
  expect(after).not.toBe(before)
  expect(await release()).toBe(after)
  const { failed, reasons, byRelease } = await traffic.stop()
  expect({ failed, reasons }).toEqual({ failed: 0, reasons: [] })
  expect(Object.keys(byRelease).sort()).toEqual([before, after].sort())
  expect(traffic.last()).toBe(after)
})

test('another checkout does not take for its own what was left under way', { timeout: 120_000 }, async () => {
  await makeRelease(laptop, 2)
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(event => event.step === 'release.api' && /smoke 1/.test(event.message ?? ''))
  deploy.kill('SIGKILL')
  await deploy.end
  await laptop.clarity('unlock', 'local', '--force')
  await makeRelease(laptop, 3)
  expect(await laptop.clarity('deploy', 'local')).toMatchObject({
    exitCode: 4,
    last: {
      code: 'deployment_running',
      message: expect.stringMatching(/POST_TEST_TRAFFIC_SHIFT/),
      fix: expect.stringMatching(/clarity deploy local --attach.*clarity rollback local/),
    },
  })
})

test('--attach takes over what nobody follows: it answers the suites, and goes on in bake', {
  timeout: 120_000,
}, async () => {
  const attached = laptop.start('deploy', 'local', '--attach')
  await attached.until(atStage(/^BAKE_TIME$/))
  expect(await laptop.clarity('deploy', 'local')).toMatchObject({ exitCode: 4, last: { code: 'locked' } })
  attached.kill('SIGINT')
  const interrupted = await attached.end
  expect(interrupted.last).toMatchObject({
    code: 'interrupted',
    message: expect.stringMatching(/goes on in ECS without this command/),
    fix: expect.stringMatching(/clarity deploy local --attach.*clarity rollback local/),
  })
  const again = laptop.start('deploy', 'local', '--attach')
  await again.until(atStage(/^BAKE_TIME$/))
  await endBake()
  const { last } = await again.end
  expect(last).toMatchObject({ type: 'result', data: { outcome: { verdict: { kind: 'succeeded' } } } })
  const answer = await fetch(`${laptop.baseUrl}/health`)
  expect(answer.headers.get('x-clarity-release')).toBe(last.data.release)
})
