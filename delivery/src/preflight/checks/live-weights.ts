import { type Check, failed, passed, unchecked } from '../check.ts'
import { forwardAllTo, liveTargetGroup } from '../live-target-group.ts'

/** A release that begins from wrong weights shifts away from what does not serve. */
export const liveWeights: Check = {
  name: 'live-weights',
  title: 'all production traffic goes to the revision that serves',
  run: async world => {
    const { handedOn, traffic, environment } = world
    const live = await liveTargetGroup(world)
    if (live.kind === 'first-release') return [passed('the first release: there is no revision yet')]
    if (live.kind === 'unclear')
      return [
        unchecked(`${live.why}: it is not clear which should serve`, `clarity status ${environment.name}`),
      ]
    const rule = handedOn['production-rule-arn']
    const found = await traffic.rule(rule)
    const forward = found?.Actions?.find(({ Type }) => Type === 'forward')
    if (!forward)
      return [unchecked('the production rule does not forward, so it has no weights', 'mend the rule first')]
    const groups = forward.ForwardConfig?.TargetGroups ?? [
      { TargetGroupArn: forward.TargetGroupArn, Weight: 1 },
    ]
    const total = groups.reduce((sum, { Weight = 0 }) => sum + Weight, 0)
    const mine = groups.find(({ TargetGroupArn }) => TargetGroupArn === live.arn)?.Weight ?? 0
    const percent = total === 0 ? 0 : Math.round((mine / total) * 100)
    const name = live.arn.split('/')[1]
    if (percent === 100) return [passed(`100 % to ${name}`)]
    const blue = handedOn['blue-target-group-arn']
    const other = live.arn === blue ? handedOn['green-target-group-arn'] : blue
    return [
      failed(
        `${name}, which has the revision that serves, gets ${percent} % of production traffic`,
        forwardAllTo(rule, live.arn, other),
      ),
    ]
  },
}
