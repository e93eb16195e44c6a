import { BatchDeleteImageCommand, ECRClient } from '@aws-sdk/client-ecr'
import {
  DeregisterTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import {
  DeleteSecretCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AwsAccess, accessTo } from '../support/access.ts'
import { makeRelease } from '../support/change.ts'
import type { CliEvent, Laptop } from '../support/laptop.ts'
import { servingLaptop } from '../support/serving-laptop.ts'

/** A person's approval, steps of a shift, rolling, and the brake: by the environment's data, on one laptop. */
let laptop: Laptop
let serving: string
let access: AwsAccess
let ecs: ECSClient
const names = namesOf(ENVIRONMENTS.local)
beforeAll(async () => {
  const served = await servingLaptop({ CLARITY_SPEED: '30', CLARITY_APPROVAL: 'true' })
  laptop = served
  serving = served.release
  access = await accessTo(laptop)
  ecs = new ECSClient(access)
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

let changes = 0
const change = () => makeRelease(laptop, ++changes)
const stage =
  (name: RegExp) =>
  ({ step, message = '' }: CliEvent) =>
    step === 'release.api' && name.test(message)
const words = (events: CliEvent[]) => events.map(({ message, text }) => message ?? text).join('\n')

async function answering(): Promise<string | null> {
  return (await fetch(`${laptop.baseUrl}/health`)).headers.get('x-clarity-release')
}

test('nothing of production moves before a person approves what was tested', {
  timeout: 120_000,
}, async () => {
  await change()
  // `up` asks as `deploy` does
  const up = await laptop.clarity('up', '--no-demo')
  expect(up).toMatchObject({
    exitCode: 5,
    last: { code: 'needs_approval', fix: expect.stringMatching(/^clarity approve local --release \S+/) },
  })
  expect(await answering()).toBe(serving)
  const { services } = (await laptop.clarity('status', 'local')).last.data
  expect(services[1].release).toBe(serving)
  const wrong = await laptop.clarity('approve', 'local', '--release', 'feedfacecafe')
  expect(wrong.last).toMatchObject({ code: 'another_release' })
  const waiting = laptop.start('deploy', 'local', '--attach', '--wait-approval')
  await waiting.until(stage(/waits for a person/))
  const [rejected, waited] = await Promise.all([laptop.clarity('reject', 'local'), waiting.end])
  expect(waited).toMatchObject({
    exitCode: 6,
    last: { code: 'rolled_back', message: expect.stringMatching(/^rolled back: rejected by/) },
  })
  expect(rejected).toMatchObject({
    exitCode: 0,
    last: {
      data: { outcome: { verdict: { kind: 'rolled-back', reason: expect.stringMatching(/^rejected by/) } } },
    },
  })
  expect((await laptop.clarity('approve', 'local')).last).toMatchObject({ code: 'nothing_waits' })
  expect(await answering()).toBe(serving)
})

test('a deploy that waits carries out what another command decides', { timeout: 120_000 }, async () => {
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
  timeout: 120_000,
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
  timeout: 120_000,
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
  await ecs.send(
    new UpdateServiceCommand({
      cluster: names.cluster,
      service: names.apiService,
      forceNewDeployment: true,
    }),
  )
  expect(await deploy.end).toMatchObject({ exitCode: 7, last: { code: 'superseded' } })
  await laptop.clarity('deploy', 'local', '--attach')
})

/** A rollback that must be refused before anything changes. @returns why, and what it says is possible */
async function refused(...argv: string[]): Promise<{ why: string; possible: string[] }> {
  const before = await answering()
  const { exitCode, last } = await laptop.clarity('rollback', 'local', ...argv)
  expect([exitCode, last.code], JSON.stringify(last)).toEqual([9, 'no_rollback_target'])
  expect(await answering()).toBe(before)
  const possible = [...(last.fix ?? '').matchAll(/--to (\S+?)(?:,|$)/g)].map(([, to]) => to ?? '')
  return { why: last.message ?? '', possible }
}

test('an impossible rollback is refused before anything changes, with what is possible', {
  timeout: 90_000,
}, async () => {
  const [api] = (await laptop.clarity('history', 'local')).last.data.services
  const good: { release: string; digest: string }[] = api.entries.filter(
    ({ result }: { result: string }) => result === 'succeeded',
  )
  const [now, ...before] = [...new Map(good.map(entry => [entry.release, entry])).values()]
  const [last, ...older] = before.map(({ release }) => release)
  expect(older.length).toBeGreaterThan(0)
  expect(await refused('--to', 'feedfacecafe')).toEqual({
    why: 'feedfacecafe never served here successfully',
    possible: [last, ...older],
  })
  expect(await refused('--to', now?.release ?? '')).toMatchObject({ possible: [last, ...older] })

  await new ECRClient(access).send(
    new BatchDeleteImageCommand({
      repositoryName: names.repository,
      imageIds: [{ imageDigest: before[0]?.digest }],
    }),
  )
  const image = await refused()
  expect(image.why).toContain(`${last} cannot serve again`)
  expect(image.why).toContain(before[0]?.digest)
  expect(image.possible).toEqual(older)

  const secrets = new SecretsManagerClient(access)
  await secrets.send(new DeleteSecretCommand({ SecretId: names.geminiSecret }))
  expect(await refused('--to', older[0] ?? '')).toEqual({
    why: expect.stringMatching(/secret .*gemini-api-key.* is marked for deletion/),
    possible: [],
  })
  await secrets.send(new RestoreSecretCommand({ SecretId: names.geminiSecret }))

  await deleteRole(names.workerTaskRole)
  expect(await refused('--to', older[0] ?? '')).toEqual({
    why: expect.stringMatching(/worker-task-role/),
    possible: [],
  })

  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: names.workerFamily, status: 'ACTIVE' }),
  )
  for (const taskDefinition of taskDefinitionArns)
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }))
  expect((await refused()).why).toMatch(/worker.* is INACTIVE/)
})

async function deleteRole(RoleName: string): Promise<void> {
  const iam = new IAMClient(access)
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
  for (const { PolicyArn } of AttachedPolicies)
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
  await iam.send(new DeleteRoleCommand({ RoleName }))
}
