import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliEvent, createLaptop, type Laptop } from '../support/laptop.ts'

/** The command line is killed at every stage of one release; each next command carries on where it was left. */
let laptop: Laptop
let before: string
beforeAll(async () => {
  laptop = await createLaptop({ CLARITY_SPEED: '15' })
  const up = await laptop.clarity('up', '--no-demo')
  expect(up.exitCode, `${up.last.message} ${await laptop.cloudLog()}`).toBe(0)
  before = up.last.data.release
  await writeFile(join(laptop.root, 'backend/src/killed.ts'), 'export const KILLED = 1\n')
}, 120_000)
afterAll(() => laptop.dispose(), 60_000)

const at =
  (step: string, stage?: RegExp) =>
  ({ type, step: own, message = '' }: CliEvent) =>
    own === step && (stage ? stage.test(message) : type === 'step-started')

async function killAt(fits: (event: CliEvent) => boolean, ...options: string[]): Promise<CliEvent[]> {
  const deploy = laptop.start('deploy', 'local', ...options)
  await deploy.until(fits)
  deploy.kill('SIGKILL')
  await deploy.end
  expect((await fetch(`${laptop.baseUrl}/health`)).status).toBe(200)
  return deploy.events
}

const words = (events: CliEvent[]) => events.map(({ message, text }) => message ?? text).join('\n')
const unlock = () => laptop.clarity('unlock', 'local', '--force')

test('the lock of a command that was killed ends by itself, and the next one says what it left', {
  timeout: 60_000,
}, async () => {
  await killAt(at('image.push'))
  const early = await laptop.clarity('deploy', 'local')
  expect(early).toMatchObject({
    exitCode: 4,
    last: { code: 'locked', message: expect.stringMatching(/deploy of/) },
  })
  const events = await killAt(at('release.worker', /IN_PROGRESS/), '--wait', '30')
  expect(words(events)).toMatch(/did not end in order; its lock has been taken over/)
  expect(words(events)).toMatch(new RegExp(`it left: the API is on ${before}`))
})

test('the next command carries the same release on, and another checkout does not', {
  timeout: 90_000,
}, async () => {
  await unlock()
  const events = await killAt(at('release.api', /smoke 1/))
  expect(words(events)).toMatch(/carrying on/)
  expect(words(events)).toMatch(/the worker('s deployment of \S+ goes on| is on \S+)/)
  await unlock()
  await writeFile(join(laptop.root, 'backend/src/killed.ts'), 'export const KILLED = 2\n')
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
  timeout: 60_000,
}, async () => {
  const attached = laptop.start('deploy', 'local', '--attach')
  await attached.until(at('release.api', /BAKE_TIME/))
  attached.kill('SIGINT')
  const interrupted = await attached.end
  expect(interrupted.last).toMatchObject({
    code: 'interrupted',
    message: expect.stringMatching(/goes on in ECS without this command/),
    fix: expect.stringMatching(/clarity deploy local --attach.*clarity rollback local/),
  })
  const { last } = await laptop.clarity('deploy', 'local', '--attach')
  expect(last).toMatchObject({ type: 'result', data: { outcome: { verdict: { kind: 'succeeded' } } } })
  const answer = await fetch(`${laptop.baseUrl}/health`)
  expect(answer.headers.get('x-clarity-release')).toBe(last.data.release)
})
