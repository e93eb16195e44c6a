import type { Environment } from '@clarity/environments'
import type { ApprovalTable } from '../aws/approval-table.ts'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import { ClarityError } from '../errors.ts'
import type { Diagnosis } from '../release/diagnosis/diagnose.ts'
import type { Verdict } from '../release/verdict.ts'
import type { Emit } from '../ui/events.ts'
import type { ProbeCount } from './prober.ts'
import { putWorkerBack } from './put-worker-back.ts'
import { requireGate } from './require-gate.ts'
import { shipApi } from './ship-api.ts'
import { shipWorker } from './ship-worker.ts'
import { standings } from './standing.ts'
import type { SuiteUser } from './suite-user.ts'

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
  logs: Logs
  approvals: ApprovalTable
  /** Who the end-to-end suite signs in as; absent: it is skipped. */
  suiteUser?: SuiteUser
  /** Who runs this command, and where. */
  identity: { who: string; host: string }
  emit: Emit
  signal: AbortSignal
  /** Pause between two looks at ECS. */
  pollMs: number
  /** Why a deployment fails; undefined where that could not be found out. Never throws. */
  explain(part: 'api' | 'worker', deployment: string): Promise<Diagnosis | undefined>
}

/** What became of one service's deployment. */
export interface Part {
  verdict: Verdict
  /** How long it took by ECS's own clock. */
  seconds: number
  /** ARN of the deployment; absent when there was nothing to deploy. */
  deployment?: string
  /** What the prober saw; absent on a first release, which has nothing to keep serving. */
  probes?: ProbeCount
  /** Why it failed. */
  diagnosis?: Diagnosis
  /** ARN of the service revision that ECS went back to. */
  restored?: string
  /** Who let it into production, where a person must. */
  approval?: ApprovedBy
}

/** A person's decision that a release may take production's traffic. */
export interface ApprovedBy {
  by: string
  at: Date
}

export interface Outcome {
  verdict: Verdict
  ecsSeconds: { api?: number; worker?: number }
  /** ARNs. */
  deployments: { api?: string; worker?: string }
  probes?: ProbeCount
  diagnosis?: Diagnosis
  approval?: ApprovedBy
}

export interface ApiOptions {
  /** Waits at a pause for a person, instead of leaving it to `clarity approve`. */
  waitForApproval?: boolean
  /** `sha256:…` of the image that a person has let into production before it was deployed. */
  approvedBefore?: string
  /** Called once a person has approved. @returns why the release must not go on */
  beforeProduction?(): Promise<string | undefined>
  /** Called, perhaps more than once, as soon as production traffic may reach the release. */
  onShift?(): void
}

export interface ShipOptions {
  /** Whether the worker moves before the API, which is safer, or beside it, which is faster. @default before */
  worker?: 'before' | 'beside'
  waitForApproval?: boolean
  /** `sha256:…`, as for the API. */
  approvedBefore?: string
  onShift?(): void
}

/**
 * Moves both services to a release, or follows what already moves them there: the worker, which understands both
 * neighbours, and the API under test traffic, suites and a prober. Where a person must approve, nothing of production
 * moves before: the worker follows the approval. When the API goes back, the worker does too.
 * @throws ClarityError `cannot_be_gated` where the strategy cannot wait for the approval that is asked for
 */
export async function ship(
  context: ShipContext,
  shipment: Shipment,
  options: ShipOptions = {},
): Promise<Outcome> {
  requireGate(context.environment)
  const { approval } = context.environment.deployment
  const moveWorker = () => shipWorker(context, shipment.workerTaskDefinition, shipment)
  let worker: Part | undefined
  if (!approval && options.worker !== 'beside') {
    worker = await moveWorker()
    if (worker.verdict.kind !== 'succeeded') return outcomeOf(undefined, worker)
  }
  const beside = !approval && options.worker === 'beside' ? settle(moveWorker()) : undefined
  const api = await shipApi(context, shipment, {
    waitForApproval: options.waitForApproval,
    approvedBefore: options.approvedBefore,
    onShift: options.onShift,
    beforeProduction: async () => {
      if (approval) worker ??= await moveWorker()
      return worker && worker.verdict.kind !== 'succeeded'
        ? `the worker did not make it: ${worker.diagnosis?.cause?.cause ?? worker.verdict.kind}`
        : undefined
    },
  }).catch(async error => {
    await beside
    if (await isRefused(context, error)) await putWorkerBack(context)
    throw error
  })
  if (beside) worker = (await beside)()
  // approved and carried on by another command: the worker may not have moved yet
  else if (approval && api.verdict.kind === 'succeeded') worker ??= await moveWorker()
  if (api.verdict.kind === 'rolled-back' && api.restored) await putWorkerBack(context, api.restored)
  return outcomeOf(api, worker)
}

/** Whether the API has not begun to move, and it is still this command's to mend that. */
async function isRefused({ ecs, environment, signal }: ShipContext, error: unknown): Promise<boolean> {
  if (signal.aborted || error instanceof ClarityError) return false
  const { api } = await standings(ecs, environment)
  return api !== undefined && !api.newest?.inFlight
}

/** The result or the error of a promise that is looked at later. */
async function settle<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function outcomeOf(api: Part | undefined, worker: Part | undefined): Outcome {
  const worst =
    worker && worker.verdict.kind !== 'succeeded' && (!api || api.verdict.kind === 'succeeded') ? worker : api
  return {
    verdict: worst?.verdict ?? { kind: 'failed', reasons: ['nothing was deployed'] },
    ecsSeconds: { api: api?.seconds, worker: worker?.seconds },
    deployments: { api: api?.deployment, worker: worker?.deployment },
    probes: api?.probes,
    approval: api?.approval,
    diagnosis: worst?.diagnosis,
  }
}
