import { namesOf } from '@clarity/environments'
import { createApiService, updateApiService } from '../release/services.ts'
import { judge, type Verdict } from '../release/verdict.ts'
import { runStep, type Step } from '../ui/events.ts'
import { followOrGiveUp } from './follow-or-give-up.ts'
import { createGates } from './gates.ts'
import { ecsSeconds, gatherFacts } from './gather-facts.ts'
import { insistOnRollback } from './insist-on-rollback.ts'
import { isGood, probeWords, verdictWords, withCause } from './outcome.ts'
import type { ApiOptions, Part, ShipContext, Shipment } from './ship.ts'
import { startDeployment } from './start-deployment.ts'
import { runSuites } from './suites.ts'
import { type ProductionWatch, watchProduction } from './watch-production.ts'

/** Stages at which production may already be answered by the new revision. */
const SHIFTING = /^(PRODUCTION_TRAFFIC_SHIFT|POST_PRODUCTION_TRAFFIC_SHIFT|BAKE_TIME|CLEAN_UP)$/

/**
 * Moves the API service to a task definition, or follows the deployment that does: ECS starts it beside the one that
 * serves and pauses after test traffic has shifted; the suites decide whether it goes on; a prober watches production
 * through shift and bake.
 */
export async function shipApi(
  context: ShipContext,
  shipment: Shipment,
  options: ApiOptions = {},
): Promise<Part> {
  const strategy = context.environment.deployment.strategy.toLowerCase().replace('_', '/')
  return runStep(
    context.emit,
    'release.api',
    `release the API (${strategy})`,
    async step => {
      const begun = await begin(context, shipment.apiTaskDefinition)
      return drive(context, shipment, { ...begun, step, options })
    },
    ({ verdict, probes }) => `${verdictWords(verdict)}${probes ? `, ${probeWords(probes)}` : ''}`,
    isGood,
  )
}

function begin(context: ShipContext, taskDefinition: string) {
  const { environment, handedOn, ecs } = context
  const { cluster, apiService: service } = namesOf(environment)
  return startDeployment(ecs, { ...context, cluster, service, taskDefinition }, current =>
    current
      ? ecs.updateService(updateApiService(environment, handedOn, taskDefinition))
      : ecs.createService(createApiService(environment, handedOn, taskDefinition)),
  )
}

async function drive(
  context: ShipContext,
  shipment: Shipment,
  { arn, replaces, step, options }: { arn: string; replaces: boolean; step: Step; options: ApiOptions },
): Promise<Part> {
  const { ecs, environment } = context
  const driven = new AbortController()
  let lost: string | undefined
  let watch: ProductionWatch | undefined

  function takeBack(why: string): void {
    lost = why
    step.progress(`${why}: taking it back`)
    void insistOnRollback(ecs, arn, { pollMs: context.pollMs, signal: driven.signal, step })
  }

  function shifting(): void {
    watch?.arm()
    options.onShift?.()
  }

  const gates = createGates(context, { arn, shipment, step, options }, shifting)
  // a first release has nothing to keep serving
  if (replaces) watch = watchProduction(context, shipment.release, step, takeBack)
  if (environment.deployment.strategy === 'ROLLING') shifting()
  try {
    const end = await followOrGiveUp(context, {
      part: 'api',
      arn,
      taskDefinition: shipment.apiTaskDefinition,
      step,
      onPause: gates.onPause,
      onChange: ({ status, lifecycleStage = '', targetServiceRevision }) => {
        // the way back has the same stages, and shifts nothing to the release
        if (status?.startsWith('ROLLBACK')) return
        if (
          SHIFTING.test(lifecycleStage) ||
          (targetServiceRevision?.requestedProductionTrafficWeight ?? 0) > 0
        )
          shifting()
      },
    })
    const probes = await watch?.stop()
    const seconds = ecsSeconds(end.deployment)
    const left = gates.left()
    if (left) return { verdict: left, seconds, deployment: arn, probes }
    let verdict = judge(await gatherFacts(context, end, shipment))
    if (verdict.kind === 'succeeded') verdict = await testAfterwards(context, shipment, step)
    const good = verdict.kind === 'succeeded' || verdict.kind === 'superseded'
    const diagnosis = end.diagnosis ?? (good ? undefined : await context.explain('api', arn))
    const cause = gates.refused() ?? lost ?? causeIn(diagnosis) ?? end.cause
    const { rollback, sourceServiceRevisions } = end.deployment
    return {
      verdict: withCause(verdict, cause),
      seconds,
      deployment: arn,
      probes,
      diagnosis,
      approval: gates.approved(),
      restored: rollback?.serviceRevisionArn ?? sourceServiceRevisions?.[0]?.arn,
    }
  } finally {
    driven.abort()
    await watch?.stop()
  }
}

/** What a diagnosis adds to ECS's own words; a symptom adds nothing. */
export function causeIn(diagnosis: Part['diagnosis']): string | undefined {
  const cause = diagnosis?.cause
  return cause && cause.confidence !== 'symptom' ? cause.cause : undefined
}

/** ECS does not pause a rolling deployment, so the suites run when it has ended, and cannot keep it from traffic. */
async function testAfterwards(
  { environment, suiteUser }: ShipContext,
  { release }: Shipment,
  step: Step,
): Promise<Verdict> {
  if (environment.deployment.strategy !== 'ROLLING') return { kind: 'succeeded' }
  const { failed } = await runSuites(environment.loadBalancer.baseUrl, release, step, suiteUser)
  return failed
    ? { kind: 'failed', reasons: [failed, 'a ROLLING release is tested when it serves already'] }
    : { kind: 'succeeded' }
}
