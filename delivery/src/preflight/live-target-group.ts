import { namesOf } from '@clarity/environments'
import type { PreflightWorld } from './check.ts'

/** Where production traffic belongs. */
export type LiveTargetGroup =
  | { kind: 'live'; arn: string; revision: string }
  /** There is no service yet: the first release has nothing to keep serving. */
  | { kind: 'first-release' }
  /** Several revisions are current, or the current one names no target group. */
  | { kind: 'unclear'; why: string }

/** The target group of the revision that serves, by ECS's own record of it. */
export async function liveTargetGroup({
  ecs,
  environment,
}: Pick<PreflightWorld, 'ecs' | 'environment'>): Promise<LiveTargetGroup> {
  const { cluster, apiService } = namesOf(environment)
  const service = await ecs.service(cluster, apiService)
  if (!service) return { kind: 'first-release' }
  const revisions = (service.currentServiceRevisions ?? []).map(({ arn = '' }) => arn)
  const [only = ''] = revisions
  if (revisions.length !== 1)
    return { kind: 'unclear', why: `${apiService} has ${revisions.length} current revisions` }
  const [revision] = await ecs.revisions([only])
  const arn = revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn
  return arn
    ? { kind: 'live', arn, revision: only }
    : { kind: 'unclear', why: `revision ${only} names no target group` }
}

/** The command that sends all traffic of a rule to one of its two target groups. */
export function forwardAllTo(rule: string, all: string, none: string): string {
  const actions = [
    {
      Type: 'forward',
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: all, Weight: 100 },
          { TargetGroupArn: none, Weight: 0 },
        ],
      },
    },
  ]
  return `aws elbv2 modify-rule --rule-arn ${rule} --actions '${JSON.stringify(actions)}'`
}
