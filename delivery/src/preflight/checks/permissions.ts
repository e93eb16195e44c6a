import { type Check, type Finding, failed, type PreflightWorld, passed, unchecked } from '../check.ts'
import { neededPermissions } from '../needed-permissions.ts'
import { principalBehind } from '../principal.ts'

/** Simulations under way at a time: IAM throttles. */
const AT_ONCE = 4

/** A release that is refused halfway is worse than one that never began. */
export const permissions: Check = {
  name: 'permissions',
  title: 'the caller may do all that a release does, iam:PassRole included',
  run: async world => {
    const { arn } = await world.identity.caller()
    const principal = await principalBehind(arn, world.roles)
    if (principal.kind === 'root')
      return [passed('the root user is limited by no policy; sign in as a role instead')]
    if (principal.kind === 'unknown') return [cannotSimulate(arn, principal.why)]
    try {
      return await simulate(world, principal.arn)
    } catch (error) {
      if ((error as Error).name === 'NoSuchEntityException')
        return [cannotSimulate(arn, `IAM has no ${principal.arn}`)]
      throw error
    }
  },
}

async function simulate(world: PreflightWorld, principal: string): Promise<Finding[]> {
  const needed = neededPermissions(world)
  const refused: Finding[] = []
  for (let at = 0; at < needed.length; at += AT_ONCE) {
    const answers = needed.slice(at, at + AT_ONCE).map(async ({ actions, resource, context }) => {
      const denied = await world.roles.denied({ principal, actions, resource, context })
      if (denied.length > 0) refused.push(refusal(principal, resource, denied))
    })
    await Promise.all(answers)
  }
  if (refused.length > 0) return refused
  const actions = needed.reduce((sum, need) => sum + need.actions.length, 0)
  return [
    passed(
      `${principal}: ${actions} actions on ${needed.length} resources (organization policies are not simulated)`,
    ),
  ]
}

function refusal(
  principal: string,
  resource: string,
  denied: { action: string; decision: string }[],
): Finding {
  const actions = denied.map(({ action }) => action)
  const explicit = denied.some(({ decision }) => decision === 'explicitDeny')
  const statement = JSON.stringify({ Effect: 'Allow', Action: actions, Resource: resource })
  return failed(
    `${principal} may not ${actions.join(', ')} on ${resource}${explicit ? ' (an explicit deny)' : ''}`,
    explicit
      ? `remove the Deny that matches ${actions.join(', ')} from its policies`
      : `add to its policy: ${statement}`,
  )
}

function cannotSimulate(arn: string, why: string): Finding {
  return unchecked(
    `the permissions of ${arn} cannot be simulated: ${why}`,
    'sign in as a role of this account; on the laptop its own user may do everything',
  )
}
