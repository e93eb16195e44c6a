import type { Watched } from '../observability/service-alarms.ts'
import { dataDashboards } from './data.ts'
import { serviceDashboards } from './service.ts'
import type { Widget } from './widget.ts'

export interface Dashboard {
  about: string
  widgets: Widget[]
}

/** The dashboards that the mission lists (API, ECS, DynamoDB, S3, Cognito), and release health and cost. */
export function dashboards(watched: Watched): Dashboard[] {
  return [...serviceDashboards(watched), ...dataDashboards(watched)]
}
