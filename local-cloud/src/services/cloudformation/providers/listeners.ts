import { retagBalancing } from './load-balancing.ts'
import type { Properties, Provider } from './provider.ts'
import { defined, type KeyValue, optionalNumber, same } from './values.ts'

const SERVICE = 'elasticloadbalancing'

type ListenerProperties = {
  LoadBalancerArn?: string
  Port?: unknown
  Protocol?: string
  DefaultActions?: Properties[]
  Certificates?: object[]
  SslPolicy?: string
  AlpnPolicy?: string[]
  MutualAuthentication?: object
  ListenerAttributes?: KeyValue[]
  Tags?: KeyValue[]
}

const listener: Provider<ListenerProperties> = {
  replaceOn: ['LoadBalancerArn'],
  acts: [
    'Port',
    'Protocol',
    'DefaultActions',
    'Certificates',
    'SslPolicy',
    'AlpnPolicy',
    'MutualAuthentication',
    'ListenerAttributes',
  ],
  taggable: true,
  create: async ({ ListenerAttributes: Attributes, ...properties }, context) => {
    const { Listeners } = await context.call<{ Listeners: { ListenerArn: string }[] }>(
      SERVICE,
      'CreateListener',
      {
        ...properties,
        ...defined({
          Port: optionalNumber(properties.Port),
          DefaultActions: properties.DefaultActions?.map(action),
        }),
      },
    )
    const arn = Listeners[0]?.ListenerArn as string
    context.made(arn)
    if (Attributes)
      await context.setting(SERVICE, 'ModifyListenerAttributes', { ListenerArn: arn, Attributes })
    return arn
  },
  update: async (ListenerArn, properties, old, context) => {
    const { Tags, LoadBalancerArn: _, ListenerAttributes: Attributes, ...rest } = properties
    const changed = differing(rest, old)
    if (changed.DefaultActions) changed.DefaultActions = (changed.DefaultActions as Properties[]).map(action)
    if (changed.Port !== undefined) changed.Port = Number(changed.Port)
    if (Object.keys(changed).length > 0)
      await context.call(SERVICE, 'ModifyListener', { ListenerArn, ...changed })
    if (Attributes && !same(Attributes, old.ListenerAttributes))
      await context.setting(SERVICE, 'ModifyListenerAttributes', { ListenerArn, Attributes })
    await retagBalancing(ListenerArn, Tags, old.Tags, context)
  },
  delete: (ListenerArn, _, context) =>
    context.call(SERVICE, 'DeleteListener', { ListenerArn }).then(() => {}),
  attributes: arn => ({ ListenerArn: arn }),
}

type RuleProperties = {
  ListenerArn?: string
  Priority?: unknown
  Conditions?: object[]
  Actions?: Properties[]
  Tags?: KeyValue[]
}

/** Only what the template changed is sent: the weights of a rule belong to ECS between two changes of its actions. */
const listenerRule: Provider<RuleProperties> = {
  replaceOn: ['ListenerArn'],
  acts: ['Priority', 'Conditions', 'Actions'],
  taggable: true,
  create: async ({ ListenerArn, Priority, Conditions, Actions, Tags }, context) => {
    const { Rules } = await context.call<{ Rules: { RuleArn: string }[] }>(SERVICE, 'CreateRule', {
      ListenerArn,
      Priority: Number(Priority),
      Conditions,
      Actions: Actions?.map(action),
      ...defined({ Tags }),
    })
    return Rules[0]?.RuleArn as string
  },
  update: async (RuleArn, properties, old, context) => {
    const { Conditions, Actions } = differing(properties, old)
    if (Conditions || Actions)
      await context.call(SERVICE, 'ModifyRule', {
        RuleArn,
        ...defined({ Conditions, Actions: (Actions as Properties[] | undefined)?.map(action) }),
      })
    if (old.Priority !== undefined && Number(properties.Priority) !== Number(old.Priority))
      await context.call(SERVICE, 'SetRulePriorities', {
        RulePriorities: [{ RuleArn, Priority: Number(properties.Priority) }],
      })
    await retagBalancing(RuleArn, properties.Tags, old.Tags, context)
  },
  delete: (RuleArn, _, context) => context.call(SERVICE, 'DeleteRule', { RuleArn }).then(() => {}),
  attributes: arn => ({ RuleArn: arn, IsDefault: false }),
}

function differing(now: Properties, old: Properties): Properties {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => !same(value, old[name])))
}

/** An action with its numbers as numbers. */
function action({ Order, ForwardConfig, ...rest }: Properties): Properties {
  const forward = ForwardConfig as { TargetGroups?: Properties[] } | undefined
  return defined({
    ...rest,
    Order: optionalNumber(Order),
    ForwardConfig: forward && {
      ...forward,
      TargetGroups: forward.TargetGroups?.map(group => ({
        ...group,
        ...defined({ Weight: optionalNumber(group.Weight) }),
      })),
    },
  })
}

/** Listeners and their rules. */
export const LISTENERS: Record<string, Provider> = {
  'AWS::ElasticLoadBalancingV2::Listener': listener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRule,
}
