import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { invalid, refuse } from './errors.ts'

/**
 * The VPC and zones of subnets, as the local EC2 knows them. Without a local EC2 they are recorded as given,
 * one zone each: nothing is enforced on them, as there is no network between processes of one machine.
 * @throws SubnetNotFound, InvalidConfigurationRequest
 */
export async function placeSubnets(
  context: ServiceContext,
  ids: string[],
): Promise<{ vpcId: string; zones: { zone: string; subnetId: string }[] }> {
  if (ids.length < 2)
    throw invalid('At least two subnets in two different Availability Zones must be specified')
  const known = await describeSubnets(context, ids)
  if (!known)
    return {
      vpcId: 'vpc-00000000000000000',
      zones: ids.map((subnetId, i) => ({ subnetId, zone: `${context.region}${'abcdef'[i % 6]}` })),
    }
  const zones = ids.map(id => {
    const subnet = known.find(one => one.SubnetId === id)
    if (!subnet) throw refuse('SubnetNotFound', `The subnet ID '${id}' does not exist`)
    return { zone: subnet.AvailabilityZone ?? '', subnetId: id }
  })
  if (new Set(zones.map(one => one.zone)).size < zones.length)
    throw refuse(
      'InvalidConfigurationRequest',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    )
  return { vpcId: known[0]?.VpcId ?? '', zones }
}

interface Subnet {
  SubnetId?: string
  VpcId?: string
  AvailabilityZone?: string
}

async function describeSubnets(context: ServiceContext, ids: string[]): Promise<Subnet[] | undefined> {
  try {
    const { Subnets } = await context.invoke<{ Subnets: Subnet[] }>(
      'ec2',
      'DescribeSubnets',
      { SubnetIds: ids },
      'elasticloadbalancing.amazonaws.com',
    )
    return Subnets
  } catch (error) {
    if (error instanceof AwsError && error.status === 501) return undefined
    if (error instanceof AwsError && error.code === 'InvalidSubnetID.NotFound')
      throw refuse('SubnetNotFound', error.message)
    throw error
  }
}
