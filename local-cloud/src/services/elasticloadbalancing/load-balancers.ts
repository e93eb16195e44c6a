import type {
  CreateLoadBalancerCommandInput,
  CreateLoadBalancerCommandOutput,
  DeleteLoadBalancerCommandInput,
  DescribeLoadBalancerAttributesCommandInput,
  DescribeLoadBalancerAttributesCommandOutput,
  DescribeLoadBalancersCommandInput,
  DescribeLoadBalancersCommandOutput,
  LoadBalancer,
  ModifyLoadBalancerAttributesCommandInput,
  ModifyLoadBalancerAttributesCommandOutput,
  SetSecurityGroupsCommandInput,
  SetSecurityGroupsCommandOutput,
  SetSubnetsCommandInput,
  SetSubnetsCommandOutput,
  SubnetMapping,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { changeAttributes, LOAD_BALANCER_DEFAULTS, listAttributes } from './attributes.ts'
import { invalid, notFound, refuse, unsupported } from './errors.ts'
import { list, oneOf, page, select, text } from './input.ts'
import { removeListener } from './listeners.ts'
import { LOG_KINDS } from './log-delivery.ts'
import type { LoadBalancerRecord } from './model.ts'
import type { Parts } from './parts.ts'
import { placeSubnets } from './subnets.ts'
import { readTags } from './tags.ts'

/** AWS's hosted zone of application load balancers in us-east-1; alias records want one. */
const HOSTED_ZONE = 'Z35SXDOTRQ7X7K'

/** Output without the SDK's metadata, which is not on the wire. */
type Answer<T> = Omit<T, '$metadata'>

/** The operations on load balancers. */
export function loadBalancerOperations(parts: Parts): Record<string, Operation> {
  const { state, plane, context, logs } = parts

  async function create(
    input: CreateLoadBalancerCommandInput,
  ): Promise<Answer<CreateLoadBalancerCommandOutput>> {
    const name = readName(input.Name)
    if (oneOf('Type', input.Type, ['application', 'network', 'gateway'], 'application') !== 'application')
      throw unsupported(`load balancers of type '${input.Type}'`)
    const tags = readTags(input.Tags)
    const placed = await placeSubnets(context, subnetIds(input))
    const wanted = {
      scheme: oneOf('Scheme', input.Scheme, ['internet-facing', 'internal'], 'internet-facing'),
      ...placed,
      securityGroups: list(input.SecurityGroups),
      ipAddressType: input.IpAddressType || 'ipv4',
    }
    const known = state.loadBalancers.list().find(one => one.name === name)
    if (known) {
      const { scheme, vpcId, zones, securityGroups, ipAddressType } = known
      if (JSON.stringify({ scheme, vpcId, zones, securityGroups, ipAddressType }) !== JSON.stringify(wanted))
        throw refuse(
          'DuplicateLoadBalancerName',
          `A load balancer with the same name '${name}' exists, but with different settings`,
        )
      return { LoadBalancers: [describe(known)] }
    }
    const record: LoadBalancerRecord = {
      arn: state.arn(`loadbalancer/app/${name}/${state.newId()}`),
      name,
      ...wanted,
      createdAt: context.clock.now(),
      attributes: {},
    }
    context.store.transaction(() => {
      state.loadBalancers.put(record.arn, record)
      state.tags.put(record.arn, tags)
    })
    return { LoadBalancers: [describe(record)] }
  }

  function describe(record: LoadBalancerRecord): LoadBalancer {
    const impairment = plane.impairment(record.arn)
    return {
      LoadBalancerArn: record.arn,
      DNSName: '127.0.0.1',
      CanonicalHostedZoneId: HOSTED_ZONE,
      CreatedTime: new Date(record.createdAt),
      LoadBalancerName: record.name,
      Scheme: record.scheme,
      VpcId: record.vpcId,
      State: impairment ? { Code: 'active_impaired', Reason: impairment } : { Code: 'active' },
      Type: 'application',
      AvailabilityZones: zonesOf(record),
      SecurityGroups: record.securityGroups,
      IpAddressType: record.ipAddressType as LoadBalancer['IpAddressType'],
    }
  }

  function describeAll(input: DescribeLoadBalancersCommandInput): Answer<DescribeLoadBalancersCommandOutput> {
    const asked = { arns: list(input.LoadBalancerArns), names: list(input.Names) }
    const found = select(state.loadBalancers.list(), asked, notFound.loadBalancer)
    const { items, NextMarker } = page(found, input)
    return { LoadBalancers: items.map(describe), NextMarker }
  }

  async function remove(input: DeleteLoadBalancerCommandInput): Promise<object> {
    const arn = text('LoadBalancerArn', input.LoadBalancerArn)
    const record = state.loadBalancers.get(arn)
    if (record?.attributes['deletion_protection.enabled'] === 'true')
      throw refuse(
        'OperationNotPermitted',
        `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
      )
    for (const listener of state.listenersOf(arn)) await removeListener(parts, listener.arn)
    context.store.transaction(() => {
      state.loadBalancers.delete(arn)
      state.tags.delete(arn)
    })
    return {}
  }

  function attributes(
    input: DescribeLoadBalancerAttributesCommandInput,
  ): Answer<DescribeLoadBalancerAttributesCommandOutput> {
    const record = state.loadBalancer(input.LoadBalancerArn)
    return { Attributes: listAttributes(record.attributes, LOAD_BALANCER_DEFAULTS) }
  }

  async function modifyAttributes(
    input: ModifyLoadBalancerAttributesCommandInput,
  ): Promise<Answer<ModifyLoadBalancerAttributesCommandOutput>> {
    const change = (record: LoadBalancerRecord): LoadBalancerRecord => ({
      ...record,
      attributes: changeAttributes(
        'Load balancer',
        record.attributes,
        input.Attributes,
        LOAD_BALANCER_DEFAULTS,
      ),
    })
    const changed = change(state.loadBalancer(input.LoadBalancerArn))
    for (const kind of LOG_KINDS)
      if (list(input.Attributes).some(one => one.Key?.startsWith(`${kind}_logs.`)))
        await logs.prove(changed, kind)
    const record = change(state.loadBalancer(input.LoadBalancerArn))
    state.loadBalancers.put(record.arn, record)
    plane.refresh()
    return attributes(input)
  }

  function setSecurityGroups(input: SetSecurityGroupsCommandInput): Answer<SetSecurityGroupsCommandOutput> {
    const record = state.loadBalancer(input.LoadBalancerArn)
    record.securityGroups = list(input.SecurityGroups)
    if (record.securityGroups.length === 0) throw invalid('at least one security group must be specified')
    state.loadBalancers.put(record.arn, record)
    return { SecurityGroupIds: record.securityGroups }
  }

  async function setSubnets(input: SetSubnetsCommandInput): Promise<Answer<SetSubnetsCommandOutput>> {
    state.loadBalancer(input.LoadBalancerArn)
    const { zones } = await placeSubnets(context, subnetIds(input))
    const record = { ...state.loadBalancer(input.LoadBalancerArn), zones }
    state.loadBalancers.put(record.arn, record)
    return { AvailabilityZones: zonesOf(record), IpAddressType: describe(record).IpAddressType }
  }

  return {
    CreateLoadBalancer: create,
    DescribeLoadBalancers: describeAll,
    DeleteLoadBalancer: remove,
    DescribeLoadBalancerAttributes: attributes,
    ModifyLoadBalancerAttributes: modifyAttributes,
    SetSecurityGroups: setSecurityGroups,
    SetSubnets: setSubnets,
  }
}

function zonesOf(record: LoadBalancerRecord): LoadBalancer['AvailabilityZones'] {
  return record.zones.map(({ zone, subnetId }) => ({
    ZoneName: zone,
    SubnetId: subnetId,
    LoadBalancerAddresses: [],
  }))
}

function subnetIds(input: { Subnets?: string[]; SubnetMappings?: SubnetMapping[] }): string[] {
  return [...list(input.Subnets), ...list(input.SubnetMappings).map(mapping => mapping.SubnetId ?? '')]
}

function readName(name: string | undefined): string {
  const given = text('Name', name)
  if (!/^(?!-|internal-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(given))
    throw invalid(
      `The load balancer name '${given}' must have at most 32 letters, digits and hyphens, must not begin or end with a hyphen, nor begin with 'internal-'`,
    )
  return given
}
