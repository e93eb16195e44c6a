import { at, type Json, listOf, type Rule } from './rule.ts'

/** What holds of images and of what tasks run on. */
export const COMPUTE_RULES: Rule[] = [
  {
    name: 'images-immutable',
    demands: 'an image that was pushed never changes, and is scanned',
    cites: ['164.312(c)(1)', '164.308(a)(1)(ii)(A)'],
    check: ({ of }, find) => {
      for (const repository of of('AWS::ECR::Repository')) {
        if (repository.properties.ImageTagMutability !== 'IMMUTABLE') find(repository, 'tags can be moved')
        if (at(repository.properties.ImageScanningConfiguration, 'ScanOnPush') !== true)
          find(repository, 'images are not scanned')
      }
    },
  },
  {
    name: 'released-images-kept',
    demands: 'no image that a release used ever expires: only what has no tag does',
    check: ({ of }, find) => {
      for (const repository of of('AWS::ECR::Repository')) {
        const text = String(at(repository.properties.LifecyclePolicy, 'LifecyclePolicyText') ?? '{}')
        for (const rule of listOf((JSON.parse(text) as Json).rules))
          if (at(rule, 'selection', 'tagStatus') !== 'untagged')
            find(repository, 'images with tags expire, and with them what a rollback goes back to')
      }
    },
  },
  {
    name: 'tasks-measured',
    demands: 'the cluster reports how many tasks run of each service, which alarms and scaling read',
    check: ({ of }, find) => {
      for (const cluster of of('AWS::ECS::Cluster')) {
        const insights = (listOf(cluster.properties.ClusterSettings) as Json[]).find(
          ({ Name }) => Name === 'containerInsights',
        )
        if (!['enabled', 'enhanced'].includes(String(insights?.Value)))
          find(cluster, 'container insights are off')
      }
    },
  },
  {
    name: 'scales-both-ways',
    demands:
      'both services grow and shrink by CPU and memory, the API by requests over both colours, the worker by what waits',
    check: ({ of, environment }, find) => {
      const { api, worker } = environment
      const targets = of('AWS::ApplicationAutoScaling::ScalableTarget')
      if (targets.length !== 2) find('scaling', `${targets.length} services scale, not two`)
      for (const target of targets) {
        const own = target.id === 'Api' ? api : worker
        if (
          target.properties.MinCapacity !== own.desiredCount ||
          target.properties.MaxCapacity !== own.maxCount
        )
          find(target, `it scales from ${target.properties.MinCapacity} to ${target.properties.MaxCapacity}`)
      }
      const policies = of('AWS::ApplicationAutoScaling::ScalingPolicy').map(({ id, properties }) => ({
        id,
        text: JSON.stringify(properties),
      }))
      for (const [id, ...needs] of [
        ['ApiCpu', 'ECSServiceAverageCPUUtilization'],
        ['ApiMemory', 'ECSServiceAverageMemoryUtilization'],
        ['ApiRequests', 'blue-target-group', 'green-target-group'],
        ['WorkerCpu', 'ECSServiceAverageCPUUtilization'],
        ['WorkerMemory', 'ECSServiceAverageMemoryUtilization'],
        ['WorkerQueueAge', 'ApproximateAgeOfOldestMessage'],
      ] as [string, ...string[]][]) {
        const text = policies
          .find(policy => policy.id === id)
          ?.text.toLowerCase()
          .replace(/[^a-z]/g, '')
        if (!needs.every(need => text?.includes(need.toLowerCase().replace(/[^a-z]/g, ''))))
          find(`scaling/${id}`, `it does not follow ${needs.join(' and ')}`)
      }
    },
  },
]
