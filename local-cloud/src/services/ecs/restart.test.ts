import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { createClock } from '../../core/clock.ts'
import { createCredentials } from '../../core/credentials.ts'
import { openStore } from '../../core/store.ts'
import type { TestCloud } from '../../testing.ts'
import {
  afterThisTest,
  deploymentThat,
  push,
  stable,
  standardLayers,
  startEcs,
  tasksOfService,
  until,
} from './fixture.ts'
import { answerOf, createApi, deploy, release, startBalancer } from './load-balanced.ts'
import { startOf } from './process-identity.ts'

/** A cloud in a process of its own, which can be killed. */
async function startProcess(state: string): Promise<{ cloud: TestCloud; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [new URL('killable-cloud.ts', import.meta.url).pathname, state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  afterThisTest(kill)
  const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const store = openStore(state)
  const { root } = createCredentials(store, createClock(), '124355672559')
  store.close()
  const credentials = { accessKeyId: root.accessKeyId, secretAccessKey: root.secretAccessKey }
  const client = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
  return { cloud: { endpoint, client } as TestCloud, kill }
}

test('after kill -9 the next cloud ends orphans, restores services and finishes a deployment', async () => {
  const state = await mkdtemp(join(tmpdir(), 'ecs-'))
  afterThisTest(() => rm(state, { recursive: true, force: true }))
  const { cloud, kill } = await startProcess(state)
  const before = new ECSClient(cloud.client)
  await before.send(new CreateClusterCommand({ clusterName: 'main' }))
  await new ECRClient(cloud.client).send(new CreateRepositoryCommand({ repositoryName: 'app' }))
  await push(cloud, await standardLayers(), 'latest')
  const balancer = await startBalancer(cloud)
  await createApi(before, balancer, await release(before, 'one'), { lifecycleHooks: [] })
  await stable(before, 'api')
  await deploy(before, await release(before, 'two'), { bakeTimeInMinutes: 1200 })
  const baking = await deploymentThat(before, 'api', d => d.lifecycleStage === 'BAKE_TIME')
  const tasks = await tasksOfService(before, 'api')
  const pids = tasks.map(task => Number(task.containers?.[0]?.runtimeId?.split('-').at(-1)))
  expect(pids).toHaveLength(4)
  await kill()
  expect(pids.filter(isAlive)).toEqual(pids)
  const { ecs } = await startEcs({ state })
  expect(pids.filter(isAlive)).toEqual([])
  const resumed = await deploymentThat(ecs, 'api', d => d.targetServiceRevision?.runningTaskCount === 2)
  expect(resumed).toMatchObject({
    serviceDeploymentArn: baking.serviceDeploymentArn,
    status: 'IN_PROGRESS',
    lifecycleStage: 'BAKE_TIME',
  })
  await until(async () => (await answerOf(balancer.productionUrl).catch(() => '')) === 'two')
  await until(
    async () => (await tasksOfService(ecs, 'api')).filter(t => t.lastStatus === 'RUNNING').length === 4,
  )
}, 60_000)

test('an orderly stop ends the tasks, and a start brings the services back', async () => {
  const state = await mkdtemp(join(tmpdir(), 'ecs-'))
  afterThisTest(() => rm(state, { recursive: true, force: true }))
  const { cloud, kill } = await startProcess(state)
  const before = new ECSClient(cloud.client)
  await before.send(new CreateClusterCommand({ clusterName: 'main' }))
  await new ECRClient(cloud.client).send(new CreateRepositoryCommand({ repositoryName: 'app' }))
  await push(cloud, await standardLayers(), 'latest')
  const balancer = await startBalancer(cloud)
  await createApi(before, balancer, await release(before, 'one'), { lifecycleHooks: [] })
  await stable(before, 'api')
  await kill()
  const first = await startEcs({ state })
  await until(async () => (await answerOf(balancer.productionUrl).catch(() => '')) === 'one')
  const pids = (await tasksOfService(first.ecs, 'api')).flatMap(
    task => task.containers?.[0]?.runtimeId?.split('-').at(-1) ?? [],
  )
  await first.cloud.stop()
  expect(pids.map(Number).filter(isAlive)).toEqual([])
  const second = await startEcs({ state })
  await stable(second.ecs, 'api')
  await until(async () => (await answerOf(balancer.productionUrl)) === 'one')
}, 60_000)

// A zombie, which nobody reaps where there is no init, is not alive.
const isAlive = (pid: number) => startOf(pid) !== undefined
