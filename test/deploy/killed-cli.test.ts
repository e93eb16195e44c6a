import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProber } from '../../delivery/src/deploy/prober.ts'
import { type CliEvent, createLaptop, type Laptop } from '../support/laptop.ts'

/** Minutes pass ten times as fast as on a wall: a bake long enough for two commands to die in it. */
const SPEED = '10'

interface Stage {
  name: string
  is(event: CliEvent): boolean
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
  { name: 'at CLEAN_UP', is: atStage(/^CLEAN_UP$/), next: /carrying on:|ended as SUCCESSFUL/ },
]

let laptop: Laptop
beforeAll(async () => {
  laptop = await createLaptop({ CLARITY_SPEED: SPEED })
  const up = await laptop.clarity('up', '--no-demo')
  expect(up.last, await laptop.cloudLog()).toMatchObject({ type: 'result' })
}, 90_000)
afterAll(() => laptop.dispose(), 60_000)

/** Runs `clarity deploy local` until it tells of `stage`, and kills it there, as the kernel would. */
async function killAt({ is }: Stage): Promise<CliEvent[]> {
  const deploy = laptop.start('deploy', 'local', '--wait', '30')
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
  await writeFile(join(laptop.root, 'backend/src/changed.ts'), 'export const CHANGED = 1\n')

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
