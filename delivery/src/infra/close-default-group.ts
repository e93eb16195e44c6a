import type { Environment } from '@clarity/environments'
import { createNetwork } from '../aws/network.ts'
import { handedOnValue } from '../aws/parameters.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'

/**
 * Takes the rules of the VPC's default security group away (CIS AWS Foundations 5.4, HIPAA.Security
 * VPCDefaultSecurityGroupClosed): CloudFormation cannot, and nothing here is in it.
 * @param dryRun only says what would be taken away
 * @returns how many rules it had; 0 where there is no VPC yet
 */
export async function closeDefaultGroup(
  access: Access,
  environment: Environment,
  emit: Emit,
  dryRun: boolean,
): Promise<number> {
  const vpcId = await handedOnValue(access, environment, 'vpc-id')
  // a diff of an empty account
  if (vpcId === undefined) return 0
  const network = createNetwork(access)
  return runStep(
    emit,
    'infra.default-security-group',
    `${dryRun ? 'look at' : 'close'} the default security group of ${vpcId}`,
    async () => {
      const group = await network.defaultSecurityGroup(vpcId)
      const rules = (group.IpPermissions ?? []).length + (group.IpPermissionsEgress ?? []).length
      if (rules > 0 && !dryRun) await network.closeSecurityGroup(group)
      return rules
    },
    rules => (rules === 0 ? 'closed already' : `${rules} rules ${dryRun ? 'would be' : 'were'} taken away`),
  )
}
