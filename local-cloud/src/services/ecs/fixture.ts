import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import {
  type ContainerDefinition,
  CreateClusterCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  type ServiceDeployment,
  type Task,
} from '@aws-sdk/client-ecs'
import { pack } from 'tar-stream'
import { onTestFinished } from 'vitest'
import type { CloudOptions } from '../../cloud.ts'
import type { Clock } from '../../core/clock.ts'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { SERVICES } from './fixture-services.ts'

export const ACCOUNT = '124355672559'
export const REPOSITORY = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/app`
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/execution`

/**
 * The program of the test image: an HTTP server that says which release it is, or what its command asks of it.
 * On SIGTERM it answers what it has and ends.
 */
const PROGRAM = `
const { RELEASE = 'none', PORT, HOST, UNHEALTHY } = process.env
const [what, value] = process.argv.slice(2)
if (what === 'exit') process.exit(Number(value))
if (what === 'print') { console.log('out ' + value); console.error('err ' + value); process.exit(0) }
if (what === 'env') { console.log(process.env[value]); process.exit(0) }
if (what === 'stubborn') process.on('SIGTERM', () => console.log('no'))
if (what === 'stubborn' || what === 'idle' || what === 'spin') console.log('up')
if (what === 'spin') setInterval(() => { for (const end = Date.now() + 40; Date.now() < end; ); }, 50)
else if (what === 'stubborn' || what === 'idle') setInterval(() => {}, 1000)
else {
  const server = require('node:http').createServer((request, response) => {
    response.setHeader('x-release', RELEASE)
    if (request.url === '/health') response.statusCode = UNHEALTHY ? 500 : 200
    setTimeout(() => response.end(RELEASE), request.url === '/slow' ? 300 : 0)
  })
  server.listen(Number(PORT), HOST)
  process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections() })
}
`

/** Runs after the test that is running. */
export function afterThisTest(clean: () => unknown): void {
  // asked of the test itself: a hook of this module would belong to the first file that loads it alone
  onTestFinished(async () => void (await clean()))
}

export interface EcsFixture {
  cloud: TestCloud
  ecs: ECSClient
}

/** A cloud with ECS and what it stands on, a cluster `main` and the image `app:latest`. */
export async function startEcs(options: Partial<CloudOptions> = {}): Promise<EcsFixture> {
  const cloud = await startTestCloud({
    services: SERVICES,
    ...options,
  })
  afterThisTest(() => cloud.dispose())
  const ecs = new ECSClient(cloud.client)
  if (options.state) return { cloud, ecs }
  await ecs.send(new CreateClusterCommand({ clusterName: 'main' }))
  await new ECRClient(cloud.client).send(new CreateRepositoryCommand({ repositoryName: 'app' }))
  await push(cloud, await standardLayers(), 'latest')
  return { cloud, ecs }
}

/** Files of a layer by path; a script is executable. */
export async function layerOf(files: Record<string, string>): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files))
    tar.entry({ name, mode: content.startsWith('#!') ? 0o755 : 0o644 }, content)
  tar.finalize()
  return buffer(tar as never)
}

/** A base layer whose `node` and `sh` are this machine's, and the program. */
export async function standardLayers(): Promise<Buffer[]> {
  const run = (program: string) => `#!/bin/sh\nexec '${program}' "$@"\n`
  const base = await layerOf({ 'usr/local/bin/node': run(process.execPath), 'bin/sh': run('/bin/sh') })
  return [base, await layerOf({ 'app/server.js': PROGRAM })]
}

export interface ImageOptions {
  architecture?: string
}

/** Pushes an image by the registry protocol. @returns its digest */
export async function push(
  cloud: TestCloud,
  tars: Buffer[],
  tag: string,
  { architecture = process.arch === 'arm64' ? 'arm64' : 'amd64' }: ImageOptions = {},
): Promise<string> {
  const { authorizationData } = await new ECRClient(cloud.client).send(new GetAuthorizationTokenCommand({}))
  const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` }
  const upload = async (content: Buffer): Promise<string> => {
    const digest = sha256(content)
    const url = `${cloud.endpoint}/v2/app/blobs/uploads/?digest=${digest}`
    const answer = await fetch(url, { method: 'POST', body: new Uint8Array(content), headers })
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
    return digest
  }
  const config = JSON.stringify({
    os: 'linux',
    architecture,
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'FROM_IMAGE=yes'],
      WorkingDir: '/app',
      User: '1000:1000',
      Cmd: ['node', 'server.js'],
    },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
  })
  const layers = []
  for (const tar of tars) {
    const zipped = gzipSync(tar)
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'
    layers.push({ mediaType, digest: await upload(zipped), size: zipped.length })
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: await upload(Buffer.from(config)),
      size: config.length,
    },
    layers,
  })
  const answer = await fetch(`${cloud.endpoint}/v2/app/manifests/${tag}`, {
    method: 'PUT',
    body: manifest,
    headers: { ...headers, 'content-type': mediaType },
  })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
  return sha256(Buffer.from(manifest))
}

export const sha256 = (content: Buffer) => `sha256:${createHash('sha256').update(content).digest('hex')}`

/** Registers a Fargate task definition of one container; @returns its ARN */
export async function register(
  ecs: ECSClient,
  container: Partial<ContainerDefinition> = {},
  task: Partial<RegisterTaskDefinitionCommandInput> = {},
): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'app',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      executionRoleArn: ROLE,
      runtimePlatform: { cpuArchitecture: process.arch === 'arm64' ? 'ARM64' : 'X86_64' },
      containerDefinitions: [{ name: 'web', image: `${REPOSITORY}:latest`, stopTimeout: 2, ...container }],
      ...task,
    }),
  )
  return taskDefinition?.taskDefinitionArn as string
}

export const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } }

/** Polls until `check` gives something; @throws naming what was seen last */
export async function until<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 15_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${check}`)
    await new Promise(resolve => setTimeout(resolve, 15))
  }
}

export async function taskOf(ecs: ECSClient, arn: string | undefined): Promise<Task> {
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: [arn ?? ''] }))
  return tasks?.[0] as Task
}

/** The task once it is in this state. */
export function taskIn(ecs: ECSClient, arn: string | undefined, status: string): Promise<Task> {
  return until(async () => {
    const task = await taskOf(ecs, arn)
    return task.lastStatus === status && task
  })
}

export async function tasksOfService(ecs: ECSClient, serviceName: string): Promise<Task[]> {
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: 'main', serviceName }))
  if (taskArns.length === 0) return []
  return (await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: taskArns }))).tasks ?? []
}

export async function serviceOf(ecs: ECSClient, name: string): Promise<Service> {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: [name] }))
  return services?.[0] as Service
}

/** How far the clock is moved at each look, where a test passes over the seconds that ECS waits. */
const HASTE_MS = 200

/**
 * The service when it is as the waiter `services-stable` asks.
 * @param clock moved on meanwhile, so that nobody waits until a task without checks counts as healthy
 */
export function stable(ecs: ECSClient, name: string, clock?: Clock): Promise<Service> {
  return until(async () => {
    clock?.advance(HASTE_MS)
    const service = await serviceOf(ecs, name)
    const { deployments, runningCount, desiredCount } = service
    return (
      deployments?.length === 1 &&
      runningCount === desiredCount &&
      deployments[0]?.rolloutState === 'COMPLETED' &&
      service
    )
  }, 25_000)
}

/** The service's newest deployment. */
export async function newestDeployment(ecs: ECSClient, service: string): Promise<ServiceDeployment> {
  const { serviceDeployments = [] } = await ecs.send(
    new ListServiceDeploymentsCommand({ cluster: 'main', service }),
  )
  const described = await ecs.send(
    new DescribeServiceDeploymentsCommand({
      serviceDeploymentArns: [serviceDeployments[0]?.serviceDeploymentArn ?? ''],
    }),
  )
  return described.serviceDeployments?.[0] as ServiceDeployment
}

/** The newest deployment once it satisfies `check`. @throws with where it stands when it does not */
export async function deploymentThat(
  ecs: ECSClient,
  service: string,
  check: (deployment: ServiceDeployment) => unknown,
  clock?: Clock,
): Promise<ServiceDeployment> {
  let last: ServiceDeployment | undefined
  return until(async () => {
    clock?.advance(HASTE_MS)
    last = await newestDeployment(ecs, service)
    return check(last) ? last : undefined
  }, 25_000).catch(async error => {
    const { events } = await serviceOf(ecs, service)
    throw new Error(JSON.stringify({ last, events: events?.slice(0, 8).map(event => event.message) }), {
      cause: error,
    })
  })
}
