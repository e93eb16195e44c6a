import { setTimeout as sleep } from 'node:timers/promises'
import type { Ecs } from '../aws/ecs.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { isTerminal } from './follow.ts'

/** How long ECS may take to show a deployment that it has accepted, in ms. */
const APPEAR_MS = 30_000

/**
 * Makes a change and finds the deployment that it began, told from all others by its task definition.
 * @param act creates or updates the service
 * @throws ClarityError `deployment_running` when another is under way
 */
export async function startDeployment(
  ecs: Ecs,
  where: { cluster: string; service: string; taskDefinition: string; pollMs: number; signal: AbortSignal },
  act: () => Promise<unknown>,
): Promise<string> {
  const { cluster, service, taskDefinition } = where
  const exists = await ecs.service(cluster, service)
  const before = exists ? await ecs.deployments(cluster, service, 20) : []
  const running = before.find(deployment => !isTerminal(deployment.status))
  if (running)
    throw new ClarityError(
      'deployment_running',
      `${service} is being deployed already: ${running.serviceDeploymentArn} is ${running.status}`,
      "wait for it, or take it back with 'clarity rollback'",
      { exitCode: EXIT.locked },
    )
  await act()
  const known = new Set(before.map(deployment => deployment.serviceDeploymentArn))
  const deadline = performance.now() + APPEAR_MS
  while (performance.now() < deadline) {
    where.signal.throwIfAborted()
    for (const candidate of await ecs.deployments(cluster, service, 5)) {
      const { serviceDeploymentArn = '', targetServiceRevisionArn = '' } = candidate
      if (known.has(serviceDeploymentArn)) continue
      const [revision] = await ecs.revisions([targetServiceRevisionArn])
      if (revision?.taskDefinition === taskDefinition) return serviceDeploymentArn
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
