import type { Environment } from '@clarity/environments'
import { CfnMetricFilter } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { ACCOUNT_ACTIVITY } from './detection/account-activity.ts'
import { alarm } from './observability/alarms.ts'

/** Where the metric filters over the trail put what they find. */
const NAMESPACE = 'Clarity/Trail'

/** Who does something to the account that a person should know of, seen in the trail within minutes. */
export class DetectionStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'detection', environment)
    for (const { about, severity, means, pattern, threshold } of ACCOUNT_ACTIVITY) {
      const metricName = this.names.alarm(about)
      new CfnMetricFilter(this, `Filter${about}`, {
        filterName: metricName,
        logGroupName: this.names.trailLogGroup,
        filterPattern: pattern,
        metricTransformations: [{ metricNamespace: NAMESPACE, metricName, metricValue: '1' }],
      })
      alarm(this, {
        about,
        severity,
        means,
        metrics: {
          events: { namespace: NAMESPACE, name: metricName, dimensions: {}, stat: 'Sum', period: 300 },
        },
        is: 'GreaterThanOrEqualToThreshold',
        threshold,
        datapoints: 1,
        of: 1,
      })
    }
  }
}
