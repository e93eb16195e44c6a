import type { Operation, Service, ServiceContext } from '../../core/service.ts'
import { gatewayOperations } from './gateways.ts'
import { filtersOf, type Input, many } from './input.ts'
import { networkAclOperations } from './network-acls.ts'
import { createRecords } from './records.ts'
import { routeOperations } from './routes.ts'
import { sdkShape } from './sdk-shape.ts'
import { securityGroupOperations } from './security-groups.ts'
import { tagOperations } from './tags.ts'
import { vpcOperations } from './vpcs.ts'

/** The parts of a VPC, as records: nothing here carries or filters traffic. */
export function createEc2(context: ServiceContext): Service {
  const records = createRecords(context.store)
  const { region } = context

  function describeAvailabilityZones(input: Input) {
    const names = new Set(many(input, 'ZoneNames', 'ZoneName'))
    const states = filtersOf(input).find(filter => filter.name === 'state')?.values
    const zones = ['a', 'b', 'c'].map((letter, index) => ({
      zoneName: region + letter,
      zoneState: 'available',
      regionName: region,
      messageSet: [],
      zoneId: `${region.replace(/^(..)-(.)\w*-(\d)$/, '$1$2$3')}-az${index + 1}`,
      groupName: region,
      networkBorderGroup: region,
      optInStatus: 'opt-in-not-required',
      zoneType: 'availability-zone',
    }))
    return {
      availabilityZoneInfo: zones.filter(
        zone => (names.size === 0 || names.has(zone.zoneName)) && (states?.includes(zone.zoneState) ?? true),
      ),
    }
  }

  return {
    name: 'ec2',
    protocol: 'ec2',
    apiVersion: '2016-11-15',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    operations: inBothShapes({
      ...vpcOperations(context, records),
      ...routeOperations(context, records),
      ...securityGroupOperations(context, records),
      ...gatewayOperations(context, records),
      ...networkAclOperations(context, records),
      ...tagOperations(records),
      DescribeAvailabilityZones: describeAvailabilityZones,
      DescribeRegions: () => ({
        regionInfo: [
          {
            regionName: region,
            regionEndpoint: `ec2.${region}.amazonaws.com`,
            optInStatus: 'opt-in-not-required',
          },
        ],
      }),
      DescribeNetworkInterfaces: () => ({ networkInterfaceSet: [] }),
    }),
  }
}

/**
 * The ec2 protocol writes names that differ from the SDK's (`vpcSet` for `Vpcs`), and the gateway writes what it is
 * given; callers within the process, known by their request id, get the SDK's.
 */
function inBothShapes(operations: Record<string, Operation>): Record<string, Operation> {
  const both =
    (run: Operation): Operation =>
    (input, request) => {
      const answer = run(input, request)
      return request.requestId === 'internal' ? sdkShape(answer) : answer
    }
  return Object.fromEntries(Object.entries(operations).map(([name, run]) => [name, both(run)]))
}
