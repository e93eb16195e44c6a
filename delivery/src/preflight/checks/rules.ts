import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type Check, type Finding, failed, look, type PreflightWorld, passed } from '../check.ts'
import { forwardAllTo, liveTargetGroup } from '../live-target-group.ts'

/** ECS re-weights both rules; it can do so only where they forward, and to both groups. */
export const rules: Check = {
  name: 'rules',
  title: 'the production and the test rule only forward, to both target groups',
  run: async world => {
    const { handedOn, environment } = world
    const arns = { production: handedOn['production-rule-arn'], test: handedOn['test-rule-arn'] }
    const same =
      arns.production === arns.test
        ? [
            failed(
              `the production and the test rule are the same: ${arns.test}`,
              `give the test listener a rule of its own in infra/src/edge-stack.ts, then clarity infra deploy ${environment.name}`,
            ),
          ]
        : []
    const looks = (['production', 'test'] as const).map(kind =>
      look(`the ${kind} rule`, () => lookAtRule(world, kind, arns[kind])),
    )
    return [...same, ...(await Promise.all(looks)).flat()]
  },
}

async function lookAtRule(world: PreflightWorld, kind: string, arn: string): Promise<Finding[]> {
  const { handedOn, environment, traffic } = world
  const rule = await traffic.rule(arn)
  if (!rule)
    return [failed(`the ${kind} rule ${arn} does not exist`, `clarity infra deploy ${environment.name}`)]
  const pair = [handedOn['blue-target-group-arn'], handedOn['green-target-group-arn']]
  const wrong = faultOf(rule, pair)
  if (!wrong) return [passed(`the ${kind} rule forwards to both`)]
  const live = await liveTargetGroup(world).catch(() => undefined)
  const [blue = '', green = ''] = pair
  const [all, none] = live?.kind === 'live' && live.arn === green ? [green, blue] : [blue, green]
  return [failed(`the ${kind} rule ${wrong}`, forwardAllTo(arn, all, none))]
}

/** What keeps ECS from re-weighting a rule; undefined when nothing does. */
function faultOf({ Actions = [] }: Rule, pair: string[]): string | undefined {
  const others = Actions.filter(({ Type }) => Type !== 'forward').map(({ Type }) => Type)
  if (others.length > 0) return `does not only forward: it has ${others.join(', ')}`
  const groups = Actions.flatMap(
    ({ ForwardConfig, TargetGroupArn }) => ForwardConfig?.TargetGroups ?? [{ TargetGroupArn }],
  ).map(({ TargetGroupArn = '' }) => TargetGroupArn)
  const missing = pair.filter(arn => !groups.includes(arn))
  if (missing.length > 0) return `does not name ${missing.map(nameIn).join(' and ')}`
  const strangers = groups.filter(arn => !pair.includes(arn))
  if (strangers.length > 0) return `also names ${strangers.map(nameIn).join(' and ')}`
  return undefined
}

/** `arn:…:targetgroup/name/id` -> `name`. */
function nameIn(arn: string): string {
  return arn.split('/')[1] ?? arn
}
