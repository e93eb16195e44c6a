import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DeregisterTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliEvent, createLaptop, type Laptop } from '../support/laptop.ts'

/** A person's approval, steps of a shift, rolling, and the brake: by the environment's data, on one laptop. */
let laptop: Laptop
let serving: string
let credentials: { accessKeyId: string; secretAccessKey: string }
beforeAll(async () => {
  laptop = await createLaptop({ CLARITY_SPEED: '30', CLARITY_APPROVAL: 'true' })
  const up = await laptop.clarity('up', '--no-demo')
  expect(up, await laptop.cloudLog()).toMatchObject({ exitCode: 5, last: { code: 'needs_approval' } })
  const approved = await laptop.clarity('approve', 'local')
  expect(approved.exitCode, approved.last.message).toBe(0)
  serving = approved.last.data.release
  const { data } = (await laptop.clarity('env', 'local')).last
  credentials = { accessKeyId: data.AWS_ACCESS_KEY_ID, secretAccessKey: data.AWS_SECRET_ACCESS_KEY }
}, 120_000)
afterAll(() => laptop.dispose(), 60_000)

let changes = 0
const change = () =>
  writeFile(join(laptop.root, 'backend/src/gates.ts'), `export const CHANGE = ${++changes}\n`)
const stage =
  (name: RegExp) =>
  ({ step, message = '' }: CliEvent) =>
    step === 'release.api' && name.test(message)
const words = (events: CliEvent[]) => events.map(({ message, text }) => message ?? text).join('\n')

async function answering(): Promise<string | null> {
  return (await fetch(`${laptop.baseUrl}/health`)).headers.get('x-clarity-release')
}

test('nothing of production moves before a person approves what was tested', {
  timeout: 60_000,
}, async () => {
  await change()
  const deploy = await laptop.clarity('deploy', 'local')
  expect(deploy).toMatchObject({
    exitCode: 5,
    last: { code: 'needs_approval', fix: expect.stringMatching(/^clarity approve local --release \S+/) },
  })
  expect(await answering()).toBe(serving)
  const { services } = (await laptop.clarity('status', 'local')).last.data
  expect(services[1].release).toBe(serving)
  const wrong = await laptop.clarity('approve', 'local', '--release', 'feedfacecafe')
  expect(wrong.last).toMatchObject({ code: 'another_release' })
  const rejected = await laptop.clarity('reject', 'local')
  expect(rejected).toMatchObject({
    exitCode: 0,
    last: {
      data: { outcome: { verdict: { kind: 'rolled-back', reason: expect.stringMatching(/^rejected by/) } } },
    },
  })
  expect((await laptop.clarity('approve', 'local')).last).toMatchObject({ code: 'nothing_waits' })
  expect(await answering()).toBe(serving)
})

test('a deploy that waits carries out what another command decides', { timeout: 60_000 }, async () => {
  laptop.env.CLARITY_STRATEGY = 'CANARY'
  const deploy = laptop.start('deploy', 'local', '--wait-approval')
  await deploy.until(stage(/waits for a person/))
  const [approve, deployed] = await Promise.all([laptop.clarity('approve', 'local'), deploy.end])
  expect(words(approve.events)).toMatch(/watching only/)
  expect([approve.exitCode, deployed.exitCode]).toEqual([0, 0])
  expect(words(deployed.events)).toMatch(/production 10 %[\s\S]*production 100 %/)
  expect(deployed.last.data.outcome.probes).toMatchObject({ failed: 0 })
  expect(deployed.last.data.outcome.probes.mixedSeconds).toBeGreaterThan(0)
})

test('the brake needs no lock: weights are back at once, and the worker with them', {
  timeout: 60_000,
}, async () => {
  serving = (await answering()) as string
  Object.assign(laptop.env, { CLARITY_STRATEGY: 'LINEAR', CLARITY_APPROVAL: 'false' })
  await change()
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(stage(/BAKE_TIME/))
  const back = await laptop.clarity('rollback', 'local')
  const deployed = await deploy.end
  expect(words(deployed.events)).toMatch(/production 25 %[\s\S]*production 50 %[\s\S]*production 75 %/)
  expect(back.last, JSON.stringify(back.last)).toMatchObject({ data: { kind: 'stopped', restored: serving } })
  expect(back.last.data.weightsSeconds).toBeLessThan(10)
  expect(deployed).toMatchObject({ exitCode: 6, last: { code: 'rolled_back' } })
  expect(await answering()).toBe(serving)
  const { services } = (await laptop.clarity('status', 'local')).last.data
  expect(services[1].release).toBe(serving)
})

test('a rolling release is tested where it serves; another deployment meanwhile is told', {
  timeout: 60_000,
}, async () => {
  laptop.env.CLARITY_STRATEGY = 'ROLLING'
  await change()
  const rolled = await laptop.clarity('deploy', 'local')
  expect(rolled.exitCode, JSON.stringify(rolled.last)).toBe(0)
  expect(await answering()).toBe(rolled.last.data.release)
  laptop.env.CLARITY_STRATEGY = 'BLUE_GREEN'
  await change()
  const deploy = laptop.start('deploy', 'local')
  await deploy.until(stage(/BAKE_TIME/))
  await ecs().send(
    new UpdateServiceCommand({
      cluster: 'clarity-backend-cluster',
      service: 'clarity-backend-service',
      forceNewDeployment: true,
    }),
  )
  expect(await deploy.end).toMatchObject({ exitCode: 7, last: { code: 'superseded' } })
  await laptop.clarity('deploy', 'local', '--attach')
})

test('an impossible rollback is refused before anything changes, with what is possible', {
  timeout: 60_000,
}, async () => {
  const before = await answering()
  const wrong = await laptop.clarity('rollback', 'local', '--to', 'feedfacecafe')
  expect(wrong).toMatchObject({
    exitCode: 9,
    last: { code: 'no_rollback_target', fix: expect.stringMatching(/possible: --to \S+/) },
  })
  const { taskDefinitionArns = [] } = await ecs().send(
    new ListTaskDefinitionsCommand({ familyPrefix: 'clarity-backend-worker', status: 'ACTIVE' }),
  )
  for (const taskDefinition of taskDefinitionArns)
    await ecs().send(new DeregisterTaskDefinitionCommand({ taskDefinition }))
  const gone = await laptop.clarity('rollback', 'local')
  expect(gone).toMatchObject({
    exitCode: 9,
    last: { code: 'no_rollback_target', message: expect.stringMatching(/worker.* is INACTIVE/) },
  })
  expect(await answering()).toBe(before)
})

function ecs(): ECSClient {
  const { accessKeyId, secretAccessKey } = credentials
  return new ECSClient({
    region: 'us-east-1',
    endpoint: laptop.endpoint,
    credentials: { accessKeyId, secretAccessKey },
  })
}
