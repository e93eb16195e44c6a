import { HEALTH } from '../providers/load-balancing.ts'
import type { Properties } from '../providers/provider.ts'
import { only, type Reader } from './reader.ts'

const SERVICE = 'elasticloadbalancing'

const cluster: Reader = async (name, _, { call }) => {
  const { clusters } = await call<{ clusters: Properties[] }>('ecs', 'DescribeClusters', {
    clusters: [name],
    include: ['SETTINGS'],
  })
  const [found] = clusters
  if (!found || found.status === 'INACTIVE')
    // ECS answers for clusters that are gone.
    await call('ecs', 'DeleteCluster', { cluster: name })
  const settings = (found?.settings ?? []) as { name: string; value: string }[]
  return { ClusterSettings: settings.map(({ name: Name, value: Value }) => ({ Name, Value })) }
}

const repository: Reader = async (name, _, { call }) => {
  const { repositories } = await call<{ repositories: Properties[] }>('ecr', 'DescribeRepositories', {
    repositoryNames: [name],
  })
  const found = repositories[0] ?? {}
  return {
    RepositoryName: name,
    ImageTagMutability: found.imageTagMutability,
    ImageScanningConfiguration: {
      ScanOnPush: (found.imageScanningConfiguration as Properties)?.scanOnPush,
    },
  }
}

const loadBalancer: Reader = async (arn, expected, { call }) => {
  const input = { LoadBalancerArn: arn }
  const { Attributes } = await call<{ Attributes: { Key: string; Value: string }[] }>(
    SERVICE,
    'DescribeLoadBalancerAttributes',
    input,
  )
  const { LoadBalancers } = await call<{ LoadBalancers: Properties[] }>(SERVICE, 'DescribeLoadBalancers', {
    LoadBalancerArns: [arn],
  })
  const wanted = ((expected.LoadBalancerAttributes ?? []) as { Key: string }[]).map(one => one.Key)
  return {
    ...only(LoadBalancers[0] ?? {}, ['Scheme', 'Type', 'SecurityGroups']),
    LoadBalancerAttributes: Attributes.filter(one => wanted.includes(one.Key)),
  }
}

const targetGroup: Reader = async (arn, _, { call }) => {
  const { TargetGroups } = await call<{ TargetGroups: Properties[] }>(SERVICE, 'DescribeTargetGroups', {
    TargetGroupArns: [arn],
  })
  return only(TargetGroups[0] ?? {}, [...HEALTH, 'Port', 'Protocol', 'TargetType', 'VpcId'])
}

const listener: Reader = async (arn, _, { call }) => {
  const { Listeners } = await call<{ Listeners: Properties[] }>(SERVICE, 'DescribeListeners', {
    ListenerArns: [arn],
  })
  return only(Listeners[0] ?? {}, ['DefaultActions', 'LoadBalancerArn', 'Port', 'Protocol', 'SslPolicy'])
}

/** Weights that ECS has moved are drift, on AWS too. */
const listenerRule: Reader = async (arn, _, { call }) => {
  const { Rules } = await call<{ Rules: Properties[] }>(SERVICE, 'DescribeRules', { RuleArns: [arn] })
  return only(Rules[0] ?? {}, ['Actions', 'Conditions', 'Priority'])
}

/** What runs, and what stands before it. */
export const COMPUTE_READERS: Record<string, Reader> = {
  'AWS::ECR::Repository': repository,
  'AWS::ECS::Cluster': cluster,
  'AWS::ElasticLoadBalancingV2::Listener': listener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': listenerRule,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': loadBalancer,
  'AWS::ElasticLoadBalancingV2::TargetGroup': targetGroup,
}
