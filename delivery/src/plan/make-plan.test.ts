import { execFileSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { namesOf } from '@clarity/environments'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEcs } from '../aws/ecs.ts'
import { createLoadBalancing } from '../aws/load-balancing.ts'
import { createLogs } from '../aws/logs.ts'
import { createRegistry } from '../aws/registry.ts'
import { planRelease, type ReleaseWorld } from '../deploy/prepare.ts'
import { imageTag } from '../image/image-tag.ts'
import { makeCheckout, writeFiles } from '../image/test-checkout.ts'
import { applyTestStacks, type TestStacks } from '../preflight/test-stacks.ts'
import { createApiService, createWorkerService } from '../release/services.ts'
import { commitOf, commitsBetween } from './commits.ts'
import { makePlan } from './make-plan.ts'
import { planLines } from './report.ts'

let cloud: TestCloud
let stacks: TestStacks
let root: string

beforeAll(async () => {
  cloud = await startTestCloud()
  stacks = await applyTestStacks(cloud)
  root = await makeCheckout()
})
afterAll(async () => {
  await cloud.dispose()
  await rm(root, { recursive: true })
})

function world(change: Partial<TestStacks['environment']> = {}): ReleaseWorld {
  const access = cloud.client
  const environment = { ...stacks.environment, ...change }
  return {
    target: { environment, root, state: cloud.state, speed: 60 },
    access,
    environment,
    handedOn: stacks.handedOn,
    ecs: createEcs(access),
    loadBalancing: createLoadBalancing(access),
    logs: createLogs(access),
    emit: () => {},
    signal: new AbortController().signal,
    pollMs: 20,
  } as unknown as ReleaseWorld
}

async function commit(subject: string): Promise<string> {
  await writeFiles(root, { 'backend/src/shared.ts': `export const greet = () => '${subject}'\n` })
  execFileSync('git', [
    '-C',
    root,
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.org',
    'commit',
    '-qam',
    subject,
  ])
  return imageTag(root)
}

/** What `clarity deploy` does before ECS takes over. */
async function serve(of: ReleaseWorld, digest: string): Promise<string> {
  const { release } = await planRelease(of, { tag: await imageTag(root), digest })
  const { environment, handedOn, ecs } = of
  const api = await ecs.registerTaskDefinition(release.api)
  const worker = await ecs.registerTaskDefinition(release.worker)
  await ecs.createService(createApiService(environment, handedOn, api.taskDefinitionArn ?? ''))
  await ecs.createService(createWorkerService(environment, handedOn, worker.taskDefinitionArn ?? ''))
  return release.name
}

test('plans first releases, later ones and none at all, and builds, pushes and registers nothing', async () => {
  const registry = createRegistry(cloud.client)
  const names = namesOf(stacks.environment)
  const first = await imageTag(root)

  const before = await makePlan(world())
  expect(before).toMatchObject({
    release: `${first}-…`,
    current: undefined,
    changesNothing: false,
    image: { tag: first, digest: undefined },
    services: [{ after: 'a new service' }, { after: 'a new service' }],
  })
  expect(planLines(before).join('\n')).toContain(`open: the registry has no image of ${first}`)

  const digest = await stacks.pushImage('amd64', first)
  const served = await serve(world(), digest)
  expect(await makePlan(world())).toMatchObject({ release: served, current: served, changesNothing: true })

  const second = await commit('say it better')
  const { backend, deployment, api } = stacks.environment
  const changed = world({
    backend: { ...backend, logLevel: 'debug' },
    deployment: { ...deployment, bakeMinutes: 5 },
    api: { ...api, cpu: 512 },
  })
  const plan = await makePlan(changed)
  expect(plan).toMatchObject({
    release: `${second}-…`,
    current: served,
    image: { digest: undefined, currentDigest: digest },
    commits: { brought: [`${second} say it better`], takenOut: [] },
    taskDefinitions: {
      api: [
        { setting: 'containers.api.environment.LOG_LEVEL', before: 'info', after: 'debug' },
        { setting: 'cpu', before: '256', after: '512' },
      ],
      worker: [{ setting: 'containers.worker.environment.LOG_LEVEL' }],
    },
    services: [{ setting: `${names.apiService}.bake`, before: '2 min', after: '5 min' }],
  })
  const text = planLines(plan).join('\n')
  expect(text).toContain('~ cpu 256 → 512')
  expect(text).toContain(`+ ${second} say it better`)
  expect(text).toMatch(
    /rollback budget on AWS, with a published flip of 17 s\n {2}✓ in bake, under 60 s: .* = 29 s/,
  )

  expect(await registry.digest(names.repository, { tag: second })).toBeUndefined()
  expect((await createEcs(cloud.client).taskDefinition(names.apiFamily)).revision).toBe(1)
})

test('commits are told in both directions, and not at all where git does not know them', async () => {
  const from = await imageTag(root)
  execFileSync('git', ['-C', root, 'checkout', '-q', '-b', 'other', 'HEAD~1'])
  const to = await commit('another way')
  expect(await commitsBetween(root, from, to)).toEqual({
    brought: [`${to} another way`],
    takenOut: [`${from} say it better`],
  })
  expect(await commitsBetween(root, 'ffffffffffff', to)).toBeUndefined()
  expect(
    ['0123456789ab-7f57e38a', '0123456789ab-dirty-12345678-7f57e38a', 'nogit-0123456789ab'].map(commitOf),
  ).toEqual(['0123456789ab', '0123456789ab', undefined])
})
