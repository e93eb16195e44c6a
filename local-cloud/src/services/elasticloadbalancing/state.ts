import { randomBytes } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'
import type { Collection } from '../../core/store.ts'
import { notFound } from './errors.ts'
import type {
  ListenerRecord,
  LoadBalancerRecord,
  RuleRecord,
  TargetGroupRecord,
  TargetRecord,
} from './model.ts'

/** Everything that the service remembers, and the questions that several operations ask of it. */
export interface State {
  loadBalancers: Collection<LoadBalancerRecord>
  listeners: Collection<ListenerRecord>
  rules: Collection<RuleRecord>
  targetGroups: Collection<TargetGroupRecord>
  /** Keyed by `<group ARN> <id>:<port>`. */
  targets: Collection<TargetRecord>
  /** Tags by the ARN of what carries them. */
  tags: Collection<Record<string, string>>
  /** @throws LoadBalancerNotFound */
  loadBalancer(arn: string | undefined): LoadBalancerRecord
  /** @throws ListenerNotFound */
  listener(arn: string | undefined): ListenerRecord
  /** @throws RuleNotFound */
  rule(arn: string | undefined): RuleRecord
  /** @throws TargetGroupNotFound */
  targetGroup(arn: string | undefined): TargetGroupRecord
  listenersOf(loadBalancerArn: string): ListenerRecord[]
  /** By priority, the default rule last. */
  rulesOf(listenerArn: string): RuleRecord[]
  targetsOf(groupArn: string): TargetRecord[]
  /** The load balancers whose rules name the group. */
  usersOf(groupArn: string): string[]
  /** `arn:aws:elasticloadbalancing:<region>:<account>:<resource>` */
  arn(resource: string): string
  /** Sixteen hexadecimal digits, as AWS ends its ARNs. */
  newId(): string
}

export function createState({ store, region, accountId }: ServiceContext): State {
  const open = <T>(name: string) => store.collection<T>('elasticloadbalancing', name)
  const loadBalancers = open<LoadBalancerRecord>('load-balancer')
  const listeners = open<ListenerRecord>('listener')
  const rules = open<RuleRecord>('rule')
  const targetGroups = open<TargetGroupRecord>('target-group')
  const targets = open<TargetRecord>('target')
  const find = <T>(records: Collection<T>, arn: string | undefined, missing: () => Error): T => {
    const found = arn ? records.get(arn) : undefined
    if (!found) throw missing()
    return found
  }
  const order = (rule: RuleRecord) => (rule.priority === 'default' ? Number.POSITIVE_INFINITY : rule.priority)

  return {
    loadBalancers,
    listeners,
    rules,
    targetGroups,
    targets,
    tags: open('tag'),
    loadBalancer: arn => find(loadBalancers, arn, () => notFound.loadBalancer(arn ?? '')),
    listener: arn => find(listeners, arn, notFound.listener),
    rule: arn => find(rules, arn, notFound.rule),
    targetGroup: arn => find(targetGroups, arn, notFound.targetGroup),
    listenersOf: arn => listeners.list().filter(listener => listener.loadBalancerArn === arn),
    rulesOf: arn =>
      rules
        .list()
        .filter(rule => rule.listenerArn === arn)
        .sort((a, b) => order(a) - order(b)),
    targetsOf: arn => targets.list(`${arn} `),
    usersOf: arn => {
      const using = rules.list().filter(rule => groupsOf(rule).includes(arn))
      const found = using.map(rule => listeners.get(rule.listenerArn)?.loadBalancerArn ?? [])
      return [...new Set(found.flat())]
    },
    arn: resource => `arn:aws:elasticloadbalancing:${region}:${accountId}:${resource}`,
    newId: () => randomBytes(8).toString('hex'),
  }
}

/** The target groups that a rule forwards to, whatever their weights. */
export function groupsOf({ action }: RuleRecord): string[] {
  return action.type === 'forward' ? action.groups.map(group => group.arn) : []
}

/** The part of an ARN by which CloudWatch knows a load balancer (`app/…`) or a group (`targetgroup/…`). */
export function metricName(arn: string): string {
  return arn.replace(/^.*:(loadbalancer\/)?/, '')
}
