import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliEvent, createLaptop, type Laptop } from '../support/laptop.ts'

/** What was left under way is followed by --attach, left by Ctrl-C, and not taken for another checkout's. */
let laptop: Laptop
beforeAll(async () => {
  laptop = await createLaptop({ CLARITY_SPEED: '15' })
  const up = await laptop.clarity('up', '--no-demo')
  expect(up.exitCode, `${up.last.message} ${await laptop.cloudLog()}`).toBe(0)
  await writeFile(join(laptop.root, 'backend/src/attached.ts'), 'export const RELEASE = 1\n')
}, 120_000)
afterAll(() => laptop.dispose(), 60_000)

const at =
  (step: string, stage?: RegExp) =>
  ({ type, step: own, message = '' }: CliEvent) =>
    own === step && (stage ? stage.test(message) : type === 'step-started')

test('another checkout does not take for its own what was left under way', { timeout: 60_000 }, async () => {
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(at('release.api', /smoke 1/))
  deploy.kill('SIGKILL')
  await deploy.end
  expect(await laptop.clarity('deploy', 'local')).toMatchObject({ exitCode: 4, last: { code: 'locked' } })
  await laptop.clarity('unlock', 'local', '--force')
  await writeFile(join(laptop.root, 'backend/src/attached.ts'), 'export const RELEASE = 2\n')
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
