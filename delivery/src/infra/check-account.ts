import type { Environment } from '@clarity/environments'
import { createNetwork, type Network } from '../aws/network.ts'
import { createQuotas, type Quotas } from '../aws/quotas.ts'
import { createRoles, type Roles } from '../aws/roles.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { type Finding, failed, look, passed } from '../preflight/check.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'

/** Roles that AWS's services take for themselves, which an account that never used them has not got (IAM user guide, "Service-linked roles"). */
const LINKED = [
  { service: 'ecs.amazonaws.com', role: 'AWSServiceRoleForECS' },
  { service: 'elasticloadbalancing.amazonaws.com', role: 'AWSServiceRoleForElasticLoadBalancing' },
  {
    service: 'ecs.application-autoscaling.amazonaws.com',
    role: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
  },
]

/** What a first deploy uses up; codes from the Service Quotas console, `aws service-quotas list-service-quotas --service-code vpc`. */
const LIMITS = [
  { service: 'vpc', code: 'L-F678F1CE', words: 'VPCs of the region' },
  { service: 'ec2', code: 'L-0263D0A3', words: 'Elastic IP addresses of the region' },
] as const

export interface AccountCheck {
  environment: Environment
  access: Access
  emit: Emit
  /** Only looks. */
  dryRun: boolean
  /** @default what Service Quotas answers */
  quotas?: Quotas
}

/**
 * Whether an account can take the stacks of an environment for the first time: all that is found is told at once, and
 * service-linked roles that are missing are made, since the first cluster of an account fails without.
 * @throws ClarityError `account_not_ready` (exit code 9) naming every quota that is too small
 */
export async function checkAccount({
  environment,
  access,
  emit,
  dryRun,
  quotas = createQuotas(access),
}: AccountCheck): Promise<void> {
  const [roles, network] = [createRoles(access), createNetwork(access)]
  const findings = await runStep(
    emit,
    'infra.account',
    `look whether the account can take ${environment.name}`,
    async () => [...(await linkedRoles(roles, dryRun)), ...(await limits(environment, network, quotas))],
    found => summary(found),
    found => found.every(({ outcome }) => outcome !== 'failed'),
  )
  for (const { outcome, says } of findings) emit({ type: 'note', message: `  ${MARKS[outcome]} ${says}` })
  const short = findings.flatMap(finding => (finding.outcome === 'failed' ? [finding] : []))
  if (short.length > 0 && !dryRun)
    throw new ClarityError(
      'account_not_ready',
      short.map(({ says }) => says).join('; '),
      short.map(({ fix }) => fix).join('; '),
      { exitCode: EXIT.preflightFailed },
    )
}

const MARKS: Record<Finding['outcome'], string> = { passed: '✓', failed: '✗', unchecked: '?' }

function summary(findings: Finding[]): string {
  const count = (wanted: Finding['outcome']) => findings.filter(({ outcome }) => outcome === wanted).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('unchecked')} could not be checked`
}

async function linkedRoles(roles: Roles, dryRun: boolean): Promise<Finding[]> {
  const looks = LINKED.map(({ service, role }) =>
    look(role, async () => {
      if (await roles.role(role)) return [passed(`${role} is there`)]
      if (dryRun) return [passed(`${role} is not there yet: the deploy makes it`)]
      await roles.createServiceLinked(service)
      return [passed(`${role} was made`)]
    }),
  )
  return (await Promise.all(looks)).flat()
}

async function limits(environment: Environment, network: Network, quotas: Quotas): Promise<Finding[]> {
  const needed = { vpc: 1, ec2: environment.network.natGateways }
  const held = { vpc: network.vpcCount, ec2: network.addressCount }
  const looks = LIMITS.map(({ service, code, words }) =>
    look(words, async () => {
      const [quota, used] = [await quotas.value(service, code), await held[service]()]
      if (used + needed[service] <= quota)
        return [passed(`${words}: ${used} are used, ${needed[service]} more of ${quota} fit`)]
      return [
        failed(
          `${words}: ${used} are used, ${needed[service]} more are needed, the quota is ${quota}`,
          `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${used + needed[service]}`,
        ),
      ]
    }),
  )
  return (await Promise.all(looks)).flat()
}
