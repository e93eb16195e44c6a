import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '@aws-sdk/client-ecs'
import type { Ecs } from '../aws/ecs.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { standingOf } from './standing.ts'

/** How long ECS may take to show a deployment that it has accepted, in ms. */
const APPEAR_MS = 30_000

/**
 * Makes a change and finds the deployment that it began, told from all others by its task definition. Where the
 * newest deployment is of that task definition already, and goes on or has succeeded, nothing is changed.
 * @param act creates or updates the service
 * @returns the deployment's ARN, and whether another revision served before it
 * @throws ClarityError `deployment_running` when another is under way
 */
export async function startDeployment(
  ecs: Ecs,
  where: { cluster: string; service: string; taskDefinition: string; pollMs: number; signal: AbortSignal },
  act: (current: Service | undefined) => Promise<unknown>,
): Promise<{ arn: string; replaces: boolean }> {
  const { cluster, service, taskDefinition } = where
  const standing = await standingOf(ecs, cluster, service)
  const newest = standing?.newest
  const replaces = standing !== undefined
  if (newest?.taskDefinition === taskDefinition) {
    const { status, sourceServiceRevisions = [] } = newest.deployment
    if (status === 'SUCCESSFUL' || newest.inFlight)
      return { arn: newest.arn, replaces: sourceServiceRevisions.length > 0 }
  }
  if (newest?.inFlight)
    throw new ClarityError(
      'deployment_running',
      `${service} is being deployed already: ${newest.arn}, of ${newest.release ?? 'an unnamed release'}, is ${newest.deployment.status}`,
      "follow it with 'clarity deploy <env> --attach', or take it back with 'clarity rollback <env>'",
      { exitCode: EXIT.locked },
    )
  const before = standing ? await ecs.deployments(cluster, service, 20) : []
  await act(standing?.service)
  const known = new Set(before.map(deployment => deployment.serviceDeploymentArn))
  const deadline = performance.now() + APPEAR_MS
  while (performance.now() < deadline) {
    where.signal.throwIfAborted()
    for (const candidate of await ecs.deployments(cluster, service, 5)) {
      const { serviceDeploymentArn = '', targetServiceRevisionArn = '' } = candidate
      if (known.has(serviceDeploymentArn)) continue
      const [revision] = await ecs.revisions([targetServiceRevisionArn])
      if (revision?.taskDefinition === taskDefinition) return { arn: serviceDeploymentArn, replaces }
    }
    await sleep(where.pollMs)
  }
  throw new ClarityError(
    'deployment_not_started',
    `ECS accepted the change of ${service} but shows no deployment of ${taskDefinition}`,
    "look at 'clarity status'; another deployment may have replaced it",
    { exitCode: EXIT.superseded },
  )
}
