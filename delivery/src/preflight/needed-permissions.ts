import { type NeededPermission, releasePermissions } from '@clarity/environments'
import type { PreflightWorld } from './check.ts'

/**
 * Every action that `clarity deploy` and `clarity rollback` use, by resource, with the roles that the stacks handed
 * on; what preflight itself reads shows by itself. The deploy role is granted the same list.
 */
export function neededPermissions({
  environment,
  handedOn,
}: Pick<PreflightWorld, 'environment' | 'handedOn'>): NeededPermission[] {
  return releasePermissions(
    environment,
    {
      execution: handedOn['execution-role-arn'],
      task: handedOn['task-role-arn'],
      workerTask: handedOn['worker-task-role-arn'],
      loadBalancer: handedOn['load-balancer-role-arn'],
    },
    handedOn['signing-key-arn'],
  )
}
