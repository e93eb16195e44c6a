/** A load balancer as it is stored. Dates are milliseconds since the epoch. */
export interface LoadBalancerRecord {
  arn: string
  name: string
  scheme: 'internet-facing' | 'internal'
  vpcId: string
  zones: { zone: string; subnetId: string }[]
  securityGroups: string[]
  ipAddressType: string
  createdAt: number
  /** Only what differs from AWS's defaults. */
  attributes: Record<string, string>
}

/** A listener as it is stored; its default actions are those of its default rule. */
export interface ListenerRecord {
  arn: string
  loadBalancerArn: string
  port: number
  protocol: 'HTTP' | 'HTTPS'
  sslPolicy?: string
  certificates: string[]
  attributes: Record<string, string>
}

/** A rule as it is stored. Every listener has one whose priority is `default`. */
export interface RuleRecord {
  arn: string
  listenerArn: string
  priority: number | 'default'
  conditions: ConditionRecord[]
  action: ActionRecord
}

/** The fields of a request on which a rule may look. */
export type ConditionField =
  | 'path-pattern'
  | 'host-header'
  | 'http-header'
  | 'http-request-method'
  | 'query-string'
  | 'source-ip'

/** One condition; it holds when any of its values matches. */
export interface ConditionRecord {
  field: ConditionField
  values: string[]
  /** Regular expressions, for the fields whose values are wildcards. */
  regexValues: string[]
  /** Name of the header, for `http-header`. */
  header?: string
  /** For `query-string`, instead of `values`. */
  pairs: { key?: string; value: string }[]
}

/** What happens to a request. Weights are 0 to 999. */
export type ActionRecord =
  | { type: 'forward'; groups: { arn: string; weight: number }[] }
  | {
      type: 'redirect'
      statusCode: 301 | 302
      protocol: string
      host: string
      port: string
      path: string
      query: string
    }
  | { type: 'fixed-response'; statusCode: number; contentType?: string; body: string }

/** A target group as it is stored. Times are seconds. */
export interface TargetGroupRecord {
  arn: string
  name: string
  protocol: 'HTTP' | 'HTTPS'
  protocolVersion: string
  port: number
  vpcId: string
  targetType: 'ip' | 'instance'
  healthCheck: HealthCheckSettings
  attributes: Record<string, string>
  createdAt: number
}

/** How a group's targets are checked. Times are seconds. */
export interface HealthCheckSettings {
  protocol: 'HTTP' | 'HTTPS'
  /** `traffic-port` or a port number. */
  port: string
  path: string
  interval: number
  timeout: number
  healthy: number
  unhealthy: number
  /** `200`, `200,204` or `200-299`. */
  matcher: string
}

/** A registered target as it is stored; deregistered ones are not kept. */
export interface TargetRecord {
  groupArn: string
  id: string
  port: number
  zone?: string
}
