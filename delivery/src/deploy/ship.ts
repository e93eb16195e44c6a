import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import { RELEASE_HEADER } from '@clarity/suites'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import {
  createApiService,
  createWorkerService,
  updateApiService,
  updateWorkerService,
} from '../release/services.ts'
import { type Facts, judge, type Verdict } from '../release/verdict.ts'
import { type Emit, runStep, type Step } from '../ui/events.ts'
import { formatSeconds } from '../ui/render.ts'
import { describeStage, followDeployment } from './follow.ts'
import { type ProbeCount, type Prober, startProber } from './prober.ts'
import { startDeployment } from './start-deployment.ts'
import { runSuites } from './suites.ts'

/** What is shipped: two registered task definitions of one release. */
export interface Shipment {
  release: string
  digest: string
  apiTaskDefinition: string
  workerTaskDefinition: string
}

export interface ShipContext {
  environment: Environment
  handedOn: HandedOnValues
  ecs: Ecs
  loadBalancing: LoadBalancing
  emit: Emit
  signal: AbortSignal
  /** Pause between two looks at ECS. */
  pollMs: number
}

export interface Outcome {
  verdict: Verdict
  /** Seconds that each service's deployment took by ECS's own clock. */
  ecsSeconds: { api?: number; worker?: number }
  /** What the prober saw; absent on a first release, which has nothing to keep serving. */
  probes?: ProbeCount
}

/** Longest that one deployment is waited for, in ms, beyond its own pauses and bake. */
const DEPLOYMENT_PATIENCE_MS = 30 * 60_000
/** Failures in a row at which the prober takes a release back: one second without an answer. */
const LOST_IN_A_ROW = 5
const PROBES_PER_SECOND = 5

/**
 * Moves both services to a release: first the worker, which understands both neighbours, then the API under
 * test traffic, suites and a prober. When the API does not make it, the worker goes back too.
 */
export async function ship(context: ShipContext, shipment: Shipment): Promise<Outcome> {
  const names = namesOf(context.environment)
  const workerBefore = (await context.ecs.service(names.cluster, names.workerService))?.taskDefinition
  const worker = await shipWorker(context, shipment.workerTaskDefinition, shipment)
  if (worker.verdict.kind !== 'succeeded')
    return { verdict: worker.verdict, ecsSeconds: { worker: worker.seconds } }
  const api = await shipApi(context, shipment)
  if (api.verdict.kind !== 'succeeded' && workerBefore && workerBefore !== shipment.workerTaskDefinition)
    await shipWorker(context, workerBefore)
  return {
    verdict: api.verdict,
    ecsSeconds: { api: api.seconds, worker: worker.seconds },
    probes: api.probes,
  }
}

interface Part {
  verdict: Verdict
  seconds: number
  probes?: ProbeCount
}

async function shipWorker(context: ShipContext, taskDefinition: string, shipment?: Shipment): Promise<Part> {
  const { environment, handedOn, ecs, emit } = context
  const { cluster, workerService: service } = namesOf(environment)
  const words = shipment ? 'release the worker (rolling)' : 'put the worker back'
  return runStep(
    emit,
    shipment ? 'release.worker' : 'release.worker-back',
    words,
    async step => {
      const current = await ecs.service(cluster, service)
      if (current?.taskDefinition === taskDefinition)
        return { verdict: { kind: 'succeeded' as const }, seconds: 0 }
      const arn = await startDeployment(ecs, { ...context, cluster, service, taskDefinition }, () =>
        current
          ? ecs.updateService(updateWorkerService(environment, handedOn, taskDefinition))
          : ecs.createService(createWorkerService(environment, handedOn, taskDefinition)),
      )
      const { deployment, timedOut } = await follow(context, arn, step)
      const running = await digests(ecs, cluster, service)
      const wanted = shipment?.digest ?? running[0] ?? ''
      return {
        verdict: judge({ deployment, timedOut, digest: { wanted, running } }),
        seconds: ecsSeconds(deployment),
      }
    },
    part => describe(part.verdict),
  )
}

async function shipApi(context: ShipContext, shipment: Shipment): Promise<Part> {
  const { environment, handedOn, ecs, emit, loadBalancing } = context
  const { cluster, apiService: service } = namesOf(environment)
  const { baseUrl, testBaseUrl } = environment.loadBalancer
  const taskDefinition = shipment.apiTaskDefinition
  return runStep(
    emit,
    'release.api',
    `release the API (${environment.deployment.strategy.toLowerCase().replace('_', '/')})`,
    async step => {
      const current = await ecs.service(cluster, service)
      let arn = ''
      let suitesFailed: string | undefined
      let lost: string | undefined
      let prober: Prober | undefined
      try {
        arn = await startDeployment(ecs, { ...context, cluster, service, taskDefinition }, () =>
          current
            ? ecs.updateService(updateApiService(environment, handedOn, taskDefinition))
            : ecs.createService(createApiService(environment, handedOn, taskDefinition)),
        )
        if (current)
          prober = watch(baseUrl, why => {
            lost ??= why
            ecs
              .rollBack(arn)
              .catch(() => step.progress('ECS refused the rollback; it may have ended already'))
          })
        const { deployment, timedOut } = await follow(context, arn, step, async hookId => {
          suitesFailed = await runSuites(testBaseUrl, shipment.release, step)
          await ecs.answerHook(arn, hookId, suitesFailed ? 'ROLLBACK' : 'CONTINUE')
        })
        const probes = await prober?.stop()
        const facts = await gather(loadBalancing, context, { deployment, timedOut }, shipment)
        const verdict = judge(facts)
        if (verdict.kind === 'rolled-back') verdict.reason = suitesFailed ?? lost ?? verdict.reason
        return { verdict, seconds: ecsSeconds(deployment), probes }
      } finally {
        await prober?.stop()
      }
    },
    part => `${describe(part.verdict)}${part.probes ? `, ${probeWords(part.probes)}` : ''}`,
  )
}

function watch(baseUrl: string, takeBack: (why: string) => void): Prober {
  let run = 0
  let before = 0
  return startProber(`${baseUrl}/health`, {
    perSecond: PROBES_PER_SECOND,
    releaseHeader: RELEASE_HEADER,
    onFailure: count => {
      run = count.sent - before <= 2 ? run + 1 : 1
      before = count.sent
      if (run === LOST_IN_A_ROW)
        takeBack(`the prober lost ${run} requests in a row: ${count.reasons.at(-1) ?? 'no answer'}`)
    },
  })
}

function follow(
  context: ShipContext,
  arn: string,
  step: Step,
  onPause: (hookId: string) => Promise<void> = async () => {},
): Promise<{ deployment: ServiceDeployment; timedOut: boolean }> {
  const { bakeMinutes, testTimeoutMinutes } = context.environment.deployment
  return followDeployment(context.ecs, arn, {
    pollMs: context.pollMs,
    timeoutMs: DEPLOYMENT_PATIENCE_MS + (bakeMinutes + testTimeoutMinutes) * 60_000,
    signal: context.signal,
    onChange: deployment =>
      step.progress(describeStage(deployment), {
        stage: deployment.lifecycleStage,
        status: deployment.status,
      }),
    onPause: hook => onPause(hook.hookId as string),
  })
}

async function gather(
  loadBalancing: LoadBalancing,
  { ecs, environment, handedOn }: ShipContext,
  end: { deployment: ServiceDeployment; timedOut: boolean },
  shipment: Shipment,
): Promise<Facts> {
  const { cluster, apiService } = namesOf(environment)
  const facts: Facts = {
    ...end,
    digest: { wanted: shipment.digest, running: await digests(ecs, cluster, apiService) },
  }
  const newest = (await ecs.deployments(cluster, apiService, 1))[0]
  if (newest?.serviceDeploymentArn !== end.deployment.serviceDeploymentArn)
    facts.supersededBy = newest?.serviceDeploymentArn
  if (end.deployment.status !== 'SUCCESSFUL') return facts
  const [revision] = await ecs.revisions([end.deployment.targetServiceRevision?.arn ?? ''])
  const live = revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn ?? ''
  const weights = await loadBalancing.weights(handedOn['production-rule-arn'])
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  facts.productionWeight = total === 0 ? 0 : Math.round(((weights[live] ?? 0) / total) * 100)
  facts.answered = { wanted: shipment.release, names: await ask(environment.loadBalancer.baseUrl) }
  return facts
}

/** The release names in ten answers of the production listener; a lost answer counts as `none`. */
async function ask(baseUrl: string): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < 10; i++) {
    try {
      const answer = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5000) })
      await answer.arrayBuffer()
      names.push(answer.ok ? (answer.headers.get(RELEASE_HEADER) ?? 'unnamed') : `status ${answer.status}`)
    } catch {
      names.push('none')
    }
  }
  return names
}

async function digests(ecs: Ecs, cluster: string, service: string): Promise<string[]> {
  const tasks = await ecs.tasks(cluster, service, 'RUNNING')
  return tasks.flatMap(task => task.containers?.map(container => container.imageDigest ?? 'unknown') ?? [])
}

function ecsSeconds({ createdAt, finishedAt, updatedAt }: ServiceDeployment): number {
  const end = finishedAt ?? updatedAt
  return createdAt && end ? (end.getTime() - createdAt.getTime()) / 1000 : 0
}

function describe(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'succeeded':
      return 'serves'
    case 'rolled-back':
      return `rolled back: ${verdict.reason}`
    case 'superseded':
      return `superseded by ${verdict.by}`
    case 'timed-out':
      return `not finished, still at ${verdict.stage}`
    case 'failed':
      return `failed: ${verdict.reasons.join('; ')}`
  }
}

function probeWords({ sent, failed, slow, byRelease }: ProbeCount): string {
  const mixed = Object.entries(byRelease).map(([release, answers]) => `${answers} by ${release}`)
  return `${sent} probes, ${failed} lost, ${slow} slow (${mixed.join(', ')})`
}

/** For the closing lines of a command. */
export function outcomeWords(outcome: Outcome): string {
  const { api, worker } = outcome.ecsSeconds
  const times = [worker && `worker ${formatSeconds(worker)}`, api && `API ${formatSeconds(api)}`].filter(
    Boolean,
  )
  return `${describe(outcome.verdict)}${times.length ? ` (ECS: ${times.join(', ')})` : ''}`
}
