import { namesOf } from '@clarity/environments'
import { RELEASE_HEADER } from '@clarity/suites'
import { createApiService, updateApiService } from '../release/services.ts'
import { judge } from '../release/verdict.ts'
import { runStep, type Step } from '../ui/events.ts'
import { followOrGiveUp } from './follow-or-give-up.ts'
import { ecsSeconds, gatherFacts } from './gather-facts.ts'
import { probeWords, verdictWords, withCause } from './outcome.ts'
import { type Prober, startProber } from './prober.ts'
import type { Part, ShipContext, Shipment } from './ship.ts'
import { startDeployment } from './start-deployment.ts'
import { runSuites } from './suites.ts'

/** Failures in a row at which the prober takes a release back: one second without an answer. */
const LOST_IN_A_ROW = 5
const PROBES_PER_SECOND = 5

/**
 * Moves the API service to a task definition: ECS starts it beside the one that serves and pauses after test
 * traffic has shifted; the suites decide whether it goes on; a prober watches production through shift and bake.
 */
export async function shipApi(context: ShipContext, shipment: Shipment): Promise<Part> {
  const { emit, environment } = context
  const strategy = environment.deployment.strategy.toLowerCase().replace('_', '/')
  return runStep(
    emit,
    'release.api',
    `release the API (${strategy})`,
    step => move(context, shipment, step),
    ({ verdict, probes }) => `${verdictWords(verdict)}${probes ? `, ${probeWords(probes)}` : ''}`,
  )
}

async function move(context: ShipContext, shipment: Shipment, step: Step): Promise<Part> {
  const { environment, handedOn, ecs } = context
  const { cluster, apiService: service } = namesOf(environment)
  const { baseUrl, testBaseUrl } = environment.loadBalancer
  const taskDefinition = shipment.apiTaskDefinition
  const current = await ecs.service(cluster, service)
  const arn = await startDeployment(ecs, { ...context, cluster, service, taskDefinition }, () =>
    current
      ? ecs.updateService(updateApiService(environment, handedOn, taskDefinition))
      : ecs.createService(createApiService(environment, handedOn, taskDefinition)),
  )
  let suitesFailed: string | undefined
  let lost: string | undefined
  const prober = current && watch(baseUrl, takeBack)

  function takeBack(why: string): void {
    lost ??= why
    ecs.rollBack(arn).catch(() => step.progress('ECS refused the rollback; it may have ended already'))
  }

  try {
    const end = await followOrGiveUp(context, 'api', arn, taskDefinition, step, async hookId => {
      suitesFailed = await runSuites(testBaseUrl, shipment.release, step)
      await ecs.answerHook(arn, hookId, suitesFailed ? 'ROLLBACK' : 'CONTINUE')
    })
    const probes = await prober?.stop()
    const verdict = withCause(
      judge(await gatherFacts(context, end, shipment)),
      end.cause ?? suitesFailed ?? lost,
    )
    return { verdict, seconds: ecsSeconds(end.deployment), probes }
  } finally {
    await prober?.stop()
  }
}

/** Calls `takeBack` when production has not answered for `LOST_IN_A_ROW` probes in a row. */
function watch(baseUrl: string, takeBack: (why: string) => void): Prober {
  return startProber(`${baseUrl}/health`, {
    perSecond: PROBES_PER_SECOND,
    releaseHeader: RELEASE_HEADER,
    onFailure: ({ run, reasons }) => {
      if (run === LOST_IN_A_ROW)
        takeBack(`the prober lost ${run} requests in a row: ${reasons.at(-1) ?? 'no answer'}`)
    },
  })
}
