import type { Service, ServiceContext } from '../../core/service.ts'
import { createActivities } from './activities.ts'
import { createEcsCapacity } from './ecs-capacity.ts'
import { createPolicyAlarms } from './policy-alarms.ts'
import { openRecords } from './records.ts'
import { scalableTargetOperations } from './scalable-targets.ts'
import { startScaler } from './scaler.ts'
import { scalingPolicyOperations } from './scaling-policies.ts'

/** Application Auto Scaling: it scales the ECS services of this cloud by the metrics of its CloudWatch. See SPEC.md. */
export function createApplicationAutoScaling(context: ServiceContext): Service {
  const records = openRecords(context.store)
  const capacities = createEcsCapacity(context.invoke)
  const alarms = createPolicyAlarms(context)
  const activities = createActivities(records, capacities, context.clock)
  let end = () => {}
  return {
    name: 'application-autoscaling',
    protocol: 'json',
    targetPrefix: 'AnyScaleFrontendService',
    jsonVersion: '1.1',
    operations: {
      ...scalableTargetOperations(context, records, capacities, alarms),
      ...scalingPolicyOperations(context, records, alarms),
      DescribeScalingActivities: activities.describe,
    },
    start: () => {
      end = startScaler({ context, records, capacities, alarms, activities })
    },
    stop: () => end(),
  }
}
