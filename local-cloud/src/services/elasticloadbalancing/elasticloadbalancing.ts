import type { Service, ServiceContext } from '../../core/service.ts'
import { createDataPlane } from './data-plane.ts'
import { listenerOperations } from './listeners.ts'
import { loadBalancerOperations } from './load-balancers.ts'
import { createLogDelivery } from './log-delivery.ts'
import type { Parts } from './parts.ts'
import { publishMetrics } from './publish.ts'
import { ruleOperations } from './rules.ts'
import { createState } from './state.ts'
import { tagOperations } from './tags.ts'
import { targetGroupOperations } from './target-groups.ts'
import { targetOperations } from './targets.ts'

/** Application load balancers that carry real traffic: a listener opens its port on 127.0.0.1. */
export function createElasticLoadBalancing(context: ServiceContext): Service {
  const state = createState(context)
  const logs = createLogDelivery(context, arn => state.loadBalancers.get(arn))
  const plane = createDataPlane(context, state, logs)
  const parts: Parts = { context, state, plane, logs }
  let stopPublishing = () => {}
  return {
    name: 'elasticloadbalancing',
    protocol: 'query',
    apiVersion: '2015-12-01',
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    operations: {
      ...loadBalancerOperations(parts),
      ...listenerOperations(parts),
      ...ruleOperations(parts),
      ...targetGroupOperations(parts),
      ...targetOperations(parts),
      ...tagOperations(parts),
    },
    start: async () => {
      await plane.start()
      stopPublishing = publishMetrics(parts)
      logs.start()
    },
    stop: async () => {
      stopPublishing()
      await plane.stop()
      await logs.stop()
    },
  }
}
