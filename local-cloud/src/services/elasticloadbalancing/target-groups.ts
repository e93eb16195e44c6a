import type {
  CreateTargetGroupCommandInput,
  CreateTargetGroupCommandOutput,
  DeleteTargetGroupCommandInput,
  DescribeTargetGroupAttributesCommandInput,
  DescribeTargetGroupAttributesCommandOutput,
  DescribeTargetGroupsCommandInput,
  DescribeTargetGroupsCommandOutput,
  ModifyTargetGroupAttributesCommandInput,
  ModifyTargetGroupCommandInput,
  ModifyTargetGroupCommandOutput,
  TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { changeAttributes, listAttributes, TARGET_GROUP_DEFAULTS } from './attributes.ts'
import { invalid, notFound, refuse, unsupported } from './errors.ts'
import { flag, integer, list, oneOf, page, select, text } from './input.ts'
import type { HealthCheckSettings, TargetGroupRecord } from './model.ts'
import type { Parts } from './parts.ts'
import { groupsOf } from './state.ts'
import { readTags } from './tags.ts'

type Answer<T> = Omit<T, '$metadata'>

/** The operations on target groups. */
export function targetGroupOperations({ state, plane, context }: Parts): Record<string, Operation> {
  function create(input: CreateTargetGroupCommandInput): Answer<CreateTargetGroupCommandOutput> {
    const name = text('Name', input.Name)
    if (!/^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(name))
      throw invalid(`Target group name '${name}' must have at most 32 letters, digits and hyphens`)
    const targetType = oneOf('TargetType', input.TargetType, ['instance', 'ip', 'lambda', 'alb'], 'instance')
    if (targetType === 'lambda' || targetType === 'alb') throw unsupported(`targets of type '${targetType}'`)
    const protocolVersion = oneOf(
      'ProtocolVersion',
      input.ProtocolVersion,
      ['HTTP1', 'HTTP2', 'GRPC'],
      'HTTP1',
    )
    if (protocolVersion !== 'HTTP1') throw unsupported(`protocol version '${protocolVersion}'`)
    const protocol = readProtocol(text('Protocol', input.Protocol))
    const wanted = {
      protocol,
      protocolVersion,
      port: integer('Port', input.Port, { least: 1, most: 65_535 }),
      vpcId: text('VpcId', input.VpcId),
      targetType,
      healthCheck: readHealthCheck(input, {
        protocol: 'HTTP',
        port: 'traffic-port',
        path: '/',
        interval: 30,
        timeout: 5,
        healthy: 5,
        unhealthy: 2,
        matcher: '200',
      }),
    }
    const tags = readTags(input.Tags)
    const known = state.targetGroups.list().find(one => one.name === name)
    if (known) {
      const { protocol, protocolVersion, port, vpcId, targetType, healthCheck } = known
      const settings = { protocol, protocolVersion, port, vpcId, targetType, healthCheck }
      if (JSON.stringify(settings) !== JSON.stringify(wanted))
        throw refuse(
          'DuplicateTargetGroupName',
          `A target group with the same name '${name}' exists, but with different settings`,
        )
      return { TargetGroups: [describe(known)] }
    }
    const record: TargetGroupRecord = {
      arn: state.arn(`targetgroup/${name}/${state.newId()}`),
      name,
      ...wanted,
      attributes: {},
      createdAt: context.clock.now(),
    }
    context.store.transaction(() => {
      state.targetGroups.put(record.arn, record)
      state.tags.put(record.arn, tags)
    })
    plane.fleet.configure(record)
    return { TargetGroups: [describe(record)] }
  }

  function describe(record: TargetGroupRecord): TargetGroup {
    const check = record.healthCheck
    return {
      TargetGroupArn: record.arn,
      TargetGroupName: record.name,
      Protocol: record.protocol,
      Port: record.port,
      VpcId: record.vpcId,
      HealthCheckProtocol: check.protocol,
      HealthCheckPort: check.port,
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: check.interval,
      HealthCheckTimeoutSeconds: check.timeout,
      HealthyThresholdCount: check.healthy,
      UnhealthyThresholdCount: check.unhealthy,
      HealthCheckPath: check.path,
      Matcher: { HttpCode: check.matcher },
      LoadBalancerArns: state.usersOf(record.arn),
      TargetType: record.targetType,
      ProtocolVersion: record.protocolVersion,
      IpAddressType: 'ipv4',
    }
  }

  function describeAll(input: DescribeTargetGroupsCommandInput): Answer<DescribeTargetGroupsCommandOutput> {
    const arns = list(input.TargetGroupArns)
    const names = list(input.Names)
    if ([arns.length, names.length, input.LoadBalancerArn ? 1 : 0].filter(Boolean).length > 1)
      throw invalid('Target group ARNs, names and a load balancer ARN cannot be combined')
    const selected = select(state.targetGroups.list(), { arns, names }, notFound.targetGroup)
    const balancer = input.LoadBalancerArn && state.loadBalancer(input.LoadBalancerArn).arn
    const found = balancer ? selected.filter(({ arn }) => state.usersOf(arn).includes(balancer)) : selected
    const { items, NextMarker } = page(found, input)
    return { TargetGroups: items.map(describe), NextMarker }
  }

  function modify(input: ModifyTargetGroupCommandInput): Answer<ModifyTargetGroupCommandOutput> {
    const record = state.targetGroup(input.TargetGroupArn)
    record.healthCheck = readHealthCheck(input, record.healthCheck)
    state.targetGroups.put(record.arn, record)
    plane.fleet.configure(record)
    return { TargetGroups: [describe(record)] }
  }

  function remove(input: DeleteTargetGroupCommandInput): object {
    const arn = text('TargetGroupArn', input.TargetGroupArn)
    if (state.rules.list().some(rule => groupsOf(rule).includes(arn)))
      throw refuse('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`)
    context.store.transaction(() => {
      for (const key of state.targets.keys(`${arn} `)) state.targets.delete(key)
      state.targetGroups.delete(arn)
      state.tags.delete(arn)
    })
    plane.fleet.remove(arn)
    return {}
  }

  function attributes(
    input: DescribeTargetGroupAttributesCommandInput,
  ): Answer<DescribeTargetGroupAttributesCommandOutput> {
    const record = state.targetGroup(input.TargetGroupArn)
    return { Attributes: listAttributes(record.attributes, TARGET_GROUP_DEFAULTS) }
  }

  function modifyAttributes(
    input: ModifyTargetGroupAttributesCommandInput,
  ): Answer<DescribeTargetGroupAttributesCommandOutput> {
    const record = state.targetGroup(input.TargetGroupArn)
    record.attributes = changeAttributes(
      'Target group',
      record.attributes,
      input.Attributes,
      TARGET_GROUP_DEFAULTS,
    )
    state.targetGroups.put(record.arn, record)
    plane.fleet.configure(record)
    return attributes(input)
  }

  return {
    CreateTargetGroup: create,
    DescribeTargetGroups: describeAll,
    ModifyTargetGroup: modify,
    DeleteTargetGroup: remove,
    DescribeTargetGroupAttributes: attributes,
    ModifyTargetGroupAttributes: modifyAttributes,
  }
}

/** Reads the health check members of CreateTargetGroup and ModifyTargetGroup; what is absent stays as it was. */
function readHealthCheck(
  input: CreateTargetGroupCommandInput | ModifyTargetGroupCommandInput,
  before: HealthCheckSettings,
): HealthCheckSettings {
  if (flag(input.HealthCheckEnabled) === false)
    throw invalid('Health checks cannot be disabled for targets of type ip or instance')
  const threshold = { least: 2, most: 10 }
  const after = {
    protocol: readProtocol(input.HealthCheckProtocol ?? before.protocol),
    port: input.HealthCheckPort || before.port,
    path: input.HealthCheckPath || before.path,
    interval: integer('HealthCheckIntervalSeconds', input.HealthCheckIntervalSeconds, {
      least: 5,
      most: 300,
      usual: before.interval,
    }),
    timeout: integer('HealthCheckTimeoutSeconds', input.HealthCheckTimeoutSeconds, {
      least: 2,
      most: 120,
      usual: before.timeout,
    }),
    healthy: integer('HealthyThresholdCount', input.HealthyThresholdCount, {
      ...threshold,
      usual: before.healthy,
    }),
    unhealthy: integer('UnhealthyThresholdCount', input.UnhealthyThresholdCount, {
      ...threshold,
      usual: before.unhealthy,
    }),
    matcher: input.Matcher?.HttpCode || before.matcher,
  }
  if (after.timeout > after.interval)
    throw invalid('Health check interval must be greater than or equal to the timeout')
  if (!/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/.test(after.matcher))
    throw invalid(
      `Health check matcher HTTP code '${after.matcher}' must be codes or ranges between 200 and 499`,
    )
  if (!/^\/\S*$/.test(after.path) || after.path.length > 1024)
    throw invalid(`Health check path '${after.path}' must begin with a '/' and have at most 1024 characters`)
  if (after.port !== 'traffic-port')
    integer('HealthCheckPort', after.port as never, { least: 1, most: 65_535 })
  return after
}

function readProtocol(protocol: string): 'HTTP' | 'HTTPS' {
  if (protocol === 'HTTP' || protocol === 'HTTPS') return protocol
  throw unsupported(`the protocol '${protocol}'; application load balancers use HTTP and HTTPS`)
}
