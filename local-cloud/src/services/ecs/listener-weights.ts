import type { LoadBalancer } from '@aws-sdk/client-ecs'
import { quote } from './errors.ts'
import type { RevisionRecord } from './records.ts'
import type { Traffic } from './traffic.ts'

/** Where traffic goes, in percent for one revision. */
export interface Shares {
  production?: number
  test?: number
}

type Kind = keyof Shares

/** The rules by which traffic is shifted to a revision, and its target group and the other behind each. */
function rulesOf(revision: RevisionRecord, kind: Kind) {
  return (revision.loadBalancers ?? []).flatMap((balancer: LoadBalancer, index: number) => {
    const { targetGroupArn = '', advancedConfiguration } = balancer
    const {
      alternateTargetGroupArn = '',
      productionListenerRule,
      testListenerRule,
    } = advancedConfiguration ?? {}
    const rule = kind === 'production' ? productionListenerRule : testListenerRule
    const own = revision.resolvedConfiguration?.loadBalancers?.[index]?.targetGroupArn
    if (!rule || !own) return []
    return [{ rule, own, other: own === targetGroupArn ? alternateTargetGroupArn : targetGroupArn }]
  })
}

/** What the rules give the revision now; NaN where several rules disagree, undefined where there is none. */
export async function sharesOf(revision: RevisionRecord, traffic: Traffic): Promise<Shares> {
  const share = async (kind: Kind): Promise<number | undefined> => {
    const rules = rulesOf(revision, kind)
    const shares = await Promise.all(
      rules.map(async ({ rule, own }) => percentOf(await traffic.weights(rule), own)),
    )
    return shares.every(one => one === shares[0]) ? shares[0] : Number.NaN
  }
  return { production: await share('production'), test: await share('test') }
}

/** Gives the revision these shares, and the rest to the other group. */
export async function shiftTo(revision: RevisionRecord, wanted: Shares, traffic: Traffic): Promise<void> {
  for (const kind of ['production', 'test'] as const) {
    const percent = wanted[kind]
    if (percent === undefined) continue
    for (const { rule, own, other } of rulesOf(revision, kind))
      await traffic.shift(rule, weightsFor(own, other, percent))
  }
}

/** Whole weights: percent where that is whole, thousandths (of 999, the greatest weight) where it is not. */
function weightsFor(own: string, other: string, percent: number): Map<string, number> {
  const scale = Number.isInteger(percent) ? 100 : 999
  const weight = Math.round((percent / 100) * scale)
  return new Map([
    [own, weight],
    [other, scale - weight],
  ])
}

function percentOf(weights: Map<string, number>, group: string): number {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  return total === 0 ? 0 : Math.round(((weights.get(group) ?? 0) / total) * 1000) / 10
}

/**
 * What is wrong with the listener rules before a deployment shifts them, in AWS's words; undefined when nothing is.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
 */
export async function networkingProblem(
  revision: RevisionRecord,
  traffic: Traffic,
): Promise<string | undefined> {
  const because = 'Service deployment rolled back because of invalid networking configuration'
  for (const { targetGroupArn = '', advancedConfiguration } of revision.loadBalancers ?? []) {
    if (!advancedConfiguration) continue
    const {
      alternateTargetGroupArn = '',
      productionListenerRule = '',
      testListenerRule,
    } = advancedConfiguration
    const pair = [targetGroupArn, alternateTargetGroupArn]
    let production: Map<string, number>
    let test: Map<string, number>
    try {
      production = await traffic.weights(productionListenerRule)
      test = testListenerRule ? await traffic.weights(testListenerRule) : new Map()
    } catch (error) {
      return `${because}. ${quote(error)}`
    }
    const stranger = [...production.keys()].find(group => !pair.includes(group))
    if (stranger)
      return `${because}. Production listener rule is forwarding traffic to unexpected target group ${stranger}. Expected traffic to be forwarded to either targetGroupArn: ${targetGroupArn} or alternateTargetGroupArn: ${alternateTargetGroupArn}`
    const serving = [...production.values()].filter(weight => weight > 0).length
    if (serving > 1)
      return `${because}. productionListenerRule ${productionListenerRule} should have exactly one target group serving traffic but found ${serving} target groups which are serving traffic`
    const lonely = pair.find(group => !production.has(group) && !test.has(group))
    if (lonely)
      return `${because}: Target group ${lonely} is not associated with either productionListenerRule or testListenerRule.`
  }
  return undefined
}
