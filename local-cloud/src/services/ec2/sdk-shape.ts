/** Members whose SDK name does not follow from that on the wire by a capital letter. */
const NAMES: Record<string, string> = {
  addressesSet: 'Addresses',
  associationSet: 'Associations',
  attachmentSet: 'Attachments',
  availabilityZoneInfo: 'AvailabilityZones',
  default: 'IsDefault',
  entrySet: 'Entries',
  flowLogIdSet: 'FlowLogIds',
  flowLogSet: 'FlowLogs',
  groupDescription: 'Description',
  groupSet: 'Groups',
  groups: 'UserIdGroupPairs',
  internetGatewaySet: 'InternetGateways',
  ipPermissionsEgress: 'IpPermissionsEgress',
  natGatewayAddressSet: 'NatGatewayAddresses',
  natGatewaySet: 'NatGateways',
  networkAclSet: 'NetworkAcls',
  networkInterfaceSet: 'NetworkInterfaces',
  regionInfo: 'Regions',
  routeSet: 'Routes',
  routeTableIdSet: 'RouteTableIds',
  routeTableSet: 'RouteTables',
  securityGroupInfo: 'SecurityGroups',
  subnetIdSet: 'SubnetIds',
  subnetSet: 'Subnets',
  tagSet: 'Tags',
  vpcEndpointSet: 'VpcEndpoints',
  vpcSet: 'Vpcs',
  zoneState: 'State',
}

/** An answer in the SDK's names instead of the wire's: what callers within the process expect. */
export function sdkShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sdkShape)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1),
      sdkShape(member),
    ]),
  )
}
