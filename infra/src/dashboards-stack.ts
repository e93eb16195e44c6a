import type { Environment } from '@clarity/environments'
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { ClarityStack } from './clarity-stack.ts'
import { dashboards } from './dashboards/dashboards.ts'
import { bodyOf } from './dashboards/widget.ts'
import { watchedBy } from './observability-stack.ts'

/** What a person looks at: one dashboard a subject, release health first. */
export class DashboardsStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'dashboards', environment)
    for (const { about, widgets } of dashboards(watchedBy(this)))
      new CfnDashboard(this, about, {
        dashboardName: this.names.dashboard(about),
        dashboardBody: this.toJsonString(bodyOf(widgets, environment.region)),
      })
  }
}
