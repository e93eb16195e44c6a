import { cpSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { ENVIRONMENTS, namesOf } from '@clarity/environments'
import { accessTo } from './access.ts'
import { copyCheckout, linkCheckout } from './checkout.ts'
import { type CliResult, type Laptop, laptopIn } from './laptop.ts'
import { movePorts } from './move-ports.ts'
import { freePorts, type LaptopPorts } from './ports.ts'
import { prepareOnce } from './prepare-once.ts'
import { until } from './until.ts'

/** Folders of a laptop's state whose files are named by their content and never written again: copies share them. */
const BY_CONTENT = ['image/blobs', 'cloud/ecr/blobs', 'cloud/ecs/layers', 'cloud/ecs/images']
/** What is compiled is named after its place relative to this folder: good for every checkout beside the first. */
const COMPILED = 'node_modules/.cache'

/** The first `up` of a run, and what `health` said after it. */
export interface FirstUp {
  ports: LaptopPorts
  up: CliResult
  health: CliResult
}

/** A laptop whose release serves. */
export type ServingLaptop = Laptop & { release: string }

/**
 * The one laptop of a run that goes from nothing to a served insight, by `clarity up`, and is then stopped in order.
 * What it did is for `make-up.test.ts` to judge; the other tests go on from copies of it.
 */
export async function firstUp(): Promise<{ folder: string; first: FirstUp }> {
  const { folder, value } = await prepareOnce('laptop', async root => {
    await copyCheckout(root)
    const ports = await freePorts()
    const laptop = laptopIn(root, ports)
    const up = await laptop.clarity('up')
    const health = await laptop.clarity('health', 'local')
    const down = await laptop.clarity('down')
    const ended = [up, health, down].map(({ exitCode }) => exitCode)
    if (ended.some(code => code !== 0))
      throw new Error(`${JSON.stringify([up.last, health.last, down.last])} ${await laptop.cloudLog()}`)
    return { ports, up, health }
  })
  return { folder, first: value }
}

/**
 * A laptop as `up` left it, release and all, without paying for it: a copy of the run's first one, on ports of its own.
 * It has forgotten its demo user: the end-to-end suite is skipped, as after `up --no-demo`.
 */
export async function servingLaptop(variables: Record<string, string> = {}): Promise<ServingLaptop> {
  const { folder, first } = await firstUp()
  const ports = await freePorts()
  const laptop = await copyOf(folder, ports, variables)
  rmSync(join(laptop.state, 'demo.json'))
  movePorts(laptop.state, first.ports, ports)
  return startAgain(laptop, first)
}

/**
 * The run's first laptop itself, started again on its own ports, which stand in what a release is named after: to be had
 * once in a run.
 */
export async function firstLaptop(): Promise<ServingLaptop> {
  const { folder, first } = await firstUp()
  return startAgain(await copyOf(folder, first.ports), first)
}

/** A laptop on which nothing was started yet, wherever its state is to be; but its Node is packed. */
export async function freshLaptop(variables: Record<string, string> = {}): Promise<Laptop> {
  const { folder } = await firstUp()
  const laptop = await copyOf(folder, await freePorts(), variables)
  const usual = join(laptop.root, '.clarity')
  for (const name of ['cloud', 'demo.json']) rmSync(join(usual, name), { recursive: true })
  if (laptop.state !== usual) cpSync(usual, laptop.state, { recursive: true })
  return laptop
}

/** The first laptop's checkout and state once more, beside it. */
async function copyOf(
  folder: string,
  ports: LaptopPorts,
  variables: Record<string, string> = {},
): Promise<Laptop> {
  const root = await mkdtemp(`${folder}-`)
  await rmdir(root)
  await linkCheckout(folder, root, ['.clarity'])
  symlinkSync(join(folder, COMPILED), join(root, COMPILED))
  copyState(join(folder, '.clarity'), join(root, '.clarity'))
  rmSync(join(root, '.clarity/cloud.log'))
  return laptopIn(root, ports, variables)
}

function copyState(from: string, to: string, below = ''): void {
  mkdirSync(join(to, below), { mode: 0o700 })
  const shared = BY_CONTENT.some(folder => `${below}/`.startsWith(`${folder}/`))
  for (const entry of readdirSync(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name)
    if (entry.isDirectory()) copyState(from, to, path)
    else if (shared && entry.isFile()) linkSync(join(from, path), join(to, path))
    else cpSync(join(from, path), join(to, path), { verbatimSymlinks: true })
  }
}

async function startAgain(laptop: Laptop, first: FirstUp): Promise<ServingLaptop> {
  const started = await laptop.clarity('up', '--only-cloud')
  if (started.exitCode !== 0) throw new Error(`${JSON.stringify(started.last)} ${await laptop.cloudLog()}`)
  const { release } = first.up.last.data
  await untilServes(laptop, release)
  return { ...laptop, release }
}

/** Waits until the tasks that stopped with the cloud run again. */
async function untilServes(laptop: Laptop, release: string): Promise<void> {
  const ecs = new ECSClient(await accessTo(laptop))
  const { cluster, apiService, workerService } = namesOf(ENVIRONMENTS.local)
  const standing = new DescribeServicesCommand({ cluster, services: [apiService, workerService] })
  await until(async () => {
    const { services = [] } = await ecs.send(standing)
    if (services.some(({ runningCount, desiredCount }) => runningCount !== desiredCount)) return undefined
    const answer = await fetch(`${laptop.baseUrl}/health`).catch(() => undefined)
    return answer?.headers.get('x-clarity-release') === release || undefined
  })
}
