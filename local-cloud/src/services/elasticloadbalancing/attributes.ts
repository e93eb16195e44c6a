import { invalid, unsupported } from './errors.ts'
import { list } from './input.ts'

/** AWS's defaults of a load balancer's attributes; a key that is not here is refused. */
export const LOAD_BALANCER_DEFAULTS: Readonly<Record<string, string>> = {
  'access_logs.s3.enabled': 'false',
  'access_logs.s3.bucket': '',
  'access_logs.s3.prefix': '',
  'client_keep_alive.seconds': '3600',
  'connection_logs.s3.enabled': 'false',
  'connection_logs.s3.bucket': '',
  'connection_logs.s3.prefix': '',
  'deletion_protection.enabled': 'false',
  'health_check_logs.s3.enabled': 'false',
  'health_check_logs.s3.bucket': '',
  'health_check_logs.s3.prefix': '',
  'idle_timeout.timeout_seconds': '60',
  'ipv6.deny_all_igw_traffic': 'false',
  'load_balancing.cross_zone.enabled': 'true',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http2.enabled': 'true',
  'waf.fail_open.enabled': 'false',
  'zonal_shift.config.enabled': 'false',
}

/** AWS's defaults of a target group's attributes. */
export const TARGET_GROUP_DEFAULTS: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'load_balancing.algorithm.anomaly_mitigation': 'off',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
  'slow_start.duration_seconds': '0',
  'stickiness.app_cookie.cookie_name': '',
  'stickiness.app_cookie.duration_seconds': '86400',
  'stickiness.enabled': 'false',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'stickiness.type': 'lb_cookie',
  'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
}

/** AWS's defaults of a listener's attributes. */
export const LISTENER_DEFAULTS: Readonly<Record<string, string>> = {
  'routing.http.response.server.enabled': 'true',
}

/** Whole numbers and choices among the values; what is not here is any string. */
const RULES: Record<string, [least: number, most: number] | RegExp> = {
  'client_keep_alive.seconds': [60, 604_800],
  'deregistration_delay.timeout_seconds': [0, 3600],
  'idle_timeout.timeout_seconds': [1, 4000],
  'load_balancing.algorithm.type': /^(round_robin|least_outstanding_requests|weighted_random)$/,
  'routing.http.xff_header_processing.mode': /^(append|preserve|remove)$/,
}

/** Values that would change how requests travel in a way that does not exist here. */
const UNSUPPORTED: Record<string, (value: string) => boolean> = {
  'stickiness.enabled': value => value === 'true',
  'slow_start.duration_seconds': value => value !== '0',
  'load_balancing.algorithm.anomaly_mitigation': value => value === 'on',
  'routing.http.xff_client_port.enabled': value => value === 'true',
}

/** Any attribute of the three kinds: AWS gives all of them this shape. */
export interface Attribute {
  Key?: string
  Value?: string
}

/** The stored attributes with the given ones in their place. @throws ValidationError, or 501 for what would be a lie */
export function changeAttributes(
  kind: string,
  stored: Record<string, string>,
  given: Attribute[] | undefined,
  defaults: Readonly<Record<string, string>>,
): Record<string, string> {
  const changed = { ...stored }
  for (const { Key: key = '', Value } of list(given)) {
    const value = String(Value ?? '')
    const rule = RULES[key]
    if (!(key in defaults)) throw invalid(`${kind} attribute key '${key}' is not recognized`)
    if (UNSUPPORTED[key]?.(value)) throw unsupported(`the attribute ${key}=${value}`)
    if (
      key.endsWith('.enabled') &&
      /^(true|false)$/.test(defaults[key] ?? '') &&
      !/^(true|false)$/.test(value)
    )
      throw invalid(`${kind} attribute '${key}' must be true or false, not '${value}'`)
    const number = Number(value)
    const fits =
      rule === undefined ||
      (rule instanceof RegExp
        ? rule.test(value)
        : value !== '' && Number.isInteger(number) && number >= rule[0] && number <= rule[1])
    if (!fits) throw invalid(`${kind} attribute '${key}' must not be '${value}' (allowed: ${rule})`)
    changed[key] = value
  }
  return changed
}

/** All attributes with their defaults, as AWS lists them. */
export function listAttributes(
  stored: Record<string, string>,
  defaults: Readonly<Record<string, string>>,
): { Key: string; Value: string }[] {
  return Object.entries({ ...defaults, ...stored }).map(([Key, Value]) => ({ Key, Value }))
}
