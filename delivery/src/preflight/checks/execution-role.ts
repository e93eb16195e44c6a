import { namesOf } from '@clarity/environments'
import type { Simulation } from '../../aws/roles.ts'
import { type Check, type Finding, failed, look, type PreflightWorld, passed, unchecked } from '../check.ts'
import { secretsOf } from '../release-secrets.ts'

/** What ECS does as the execution role before a task runs; each refusal is a task that never starts. */
export const executionRole: Check = {
  name: 'execution-role',
  title: 'the execution role may pull the image, read the secrets with their keys, and open the logs',
  run: async world => {
    const { environment, release, roles } = world
    const principal = release.api.executionRoleArn ?? ''
    const { account, region } = environment
    const names = namesOf(environment)
    const simple: Omit<Simulation, 'principal'>[] = [
      { actions: ['ecr:GetAuthorizationToken'], resource: '*' },
      {
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resource: `arn:aws:ecr:${region}:${account}:repository/${names.repository}`,
      },
      ...[names.apiLogGroup, names.workerLogGroup].map(group => ({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resource: `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:ecs/any`,
      })),
    ]
    const looks = [
      ...simple.map(({ actions, resource }) =>
        look(`${actions.join(', ')} on ${resource}`, async () =>
          judge(actions, resource, await roles.denied({ principal, actions, resource }), principal),
        ),
      ),
      ...secretsOf(release).flatMap(({ arn }) =>
        arn ? [look(arn, () => readSecret(world, principal, arn))] : [],
      ),
    ]
    return (await Promise.all(looks)).flat()
  },
}

/** A secret under a key of the customer's needs the key's permission too. */
async function readSecret(
  { roles, secrets, environment: { region } }: PreflightWorld,
  principal: string,
  arn: string,
): Promise<Finding[]> {
  const read = ['secretsmanager:GetSecretValue']
  const findings = judge(
    read,
    arn,
    await roles.denied({ principal, actions: read, resource: arn }),
    principal,
  )
  const key = (await secrets.describe(arn))?.kmsKeyId
  if (key === undefined) return findings
  if (!key.startsWith('arn:') || key.includes(':alias/'))
    return [
      ...findings,
      unchecked(
        `the secret ${arn} names its key as '${key}', and policies speak of keys by ARN`,
        `see that ${principal} may kms:Decrypt with it`,
      ),
    ]
  const decrypt = ['kms:Decrypt']
  const context = { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` }
  const denied = await roles.denied({ principal, actions: decrypt, resource: key, context })
  return [...findings, ...judge(decrypt, key, denied, principal)]
}

function judge(
  actions: readonly string[],
  resource: string,
  denied: { action: string; decision: string }[],
  principal: string,
): Finding[] {
  const role = principal.split('/').pop() ?? principal
  if (denied.length === 0) return [passed(`${actions.join(', ')} on ${resource}`)]
  const missing = denied.map(({ action }) => action)
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: missing, Resource: resource }],
  })
  const explicit = denied.some(({ decision }) => decision === 'explicitDeny')
  return [
    failed(
      `the execution role ${role} may not ${missing.join(', ')} on ${resource}`,
      explicit
        ? `remove the Deny that matches ${missing.join(', ')} from the policies of ${role}`
        : `aws iam put-role-policy --role-name ${role} --policy-name ${policyName(missing)} --policy-document '${document}' # and in infra/src/compute-stack.ts, so that it stays`,
    ),
  ]
}

/** `allow-kms-decrypt`: a name of its own, so that one mending does not replace another. */
function policyName(actions: string[]): string {
  return `allow-${(actions[0] ?? '').replace(':', '-').toLowerCase()}`
}
