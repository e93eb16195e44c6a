import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import type { Ecs } from '../aws/ecs.ts'
import { readChain } from '../evidence/chain.ts'
import type { EvidenceDocument } from '../evidence/document.ts'
import { documentsOf } from '../evidence/verify-chain.ts'
import type { PastDeployment } from '../release/past-deployment.ts'
import type { PredictionInput } from '../release/prediction.ts'
import { shiftSteps } from '../release/shift-steps.ts'
import type { Access } from '../target.ts'
import { watchedStages } from './watched-stages.ts'

/** Deployments, and links of evidence, looked back upon: recent ones tell best. */
const LOOK_BACK = 20
const AT_MOST = 10

/** The past of an environment by ECS's own record and, where there is any, by the evidence of commands. */
export async function readPast(world: {
  environment: Environment
  access: Access
  ecs: Ecs
}): Promise<PredictionInput['past']> {
  const { ecs, environment } = world
  const { cluster, apiService, workerService } = namesOf(environment)
  const [evidence, api, worker] = await Promise.all([
    // a prediction goes without: the past by ECS's record alone tells less, and enough
    readChain(world, LOOK_BACK).then(documentsOf, () => []),
    pastDeployments(ecs, cluster, apiService),
    pastDeployments(ecs, cluster, workerService),
  ])
  return {
    api: api.map(deployment => withEvidence(deployment, evidence)),
    worker: worker.map(({ past }) => past),
  }
}

interface Recorded {
  arn: string
  past: PastDeployment
}

/** How the last successful deployments of a service went that replaced another revision. */
async function pastDeployments(ecs: Ecs, cluster: string, service: string): Promise<Recorded[]> {
  if (!(await ecs.service(cluster, service))) return []
  const briefs = await ecs.deployments(cluster, service, LOOK_BACK)
  const successful = briefs.filter(({ status }) => status === 'SUCCESSFUL').slice(0, AT_MOST)
  const deployments = await Promise.all(
    successful.map(({ serviceDeploymentArn = '' }) => ecs.deployment(serviceDeploymentArn)),
  )
  return deployments.flatMap(recorded)
}

function recorded({
  serviceDeploymentArn: arn = '',
  createdAt,
  finishedAt,
  sourceServiceRevisions,
  deploymentConfiguration = {},
}: ServiceDeployment): Recorded[] {
  if (!createdAt || !finishedAt || !sourceServiceRevisions?.length) return []
  const { strategy = 'ROLLING', bakeTimeInMinutes = 0 } = deploymentConfiguration
  const past = {
    seconds: (finishedAt.getTime() - createdAt.getTime()) / 1000,
    bakeMinutes: bakeTimeInMinutes,
    strategy,
    shift: shiftSteps(deploymentConfiguration),
  }
  return [{ arn, past }]
}

function withEvidence({ arn, past }: Recorded, evidence: EvidenceDocument[]): PastDeployment {
  const document = evidence.find(({ deployments }) => deployments.includes(arn))
  return { ...past, watched: document && watchedStages(document) }
}
