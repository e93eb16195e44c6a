import { namesOf, parameterName } from '@clarity/environments'
import { type Check, type Finding, failed, look, type PreflightWorld, passed } from '../check.ts'
import { type ReleaseSecret, secretsOf } from '../release-secrets.ts'

/** Told by their descriptions: no value is ever read. */
export const secrets: Check = {
  name: 'secrets',
  title: 'the secrets exist and have a value (which is not read)',
  run: async world => {
    const findings = secretsOf(world.release).map(secret =>
      look(secret.valueFrom, () => describe(world, secret)),
    )
    return (await Promise.all(findings)).flat()
  },
}

async function describe(
  { secrets, environment, handedOn }: PreflightWorld,
  { arn, variable, valueFrom }: ReleaseSecret,
): Promise<Finding[]> {
  if (!arn)
    return [
      failed(
        `${variable} takes '${valueFrom}', which is not the ARN of a secret as ECS takes it`,
        'write arn:…:secret:name-AbCdEf, or with :json-key:version-stage:version-id after it, all three colons',
      ),
    ]
  const secret = await secrets.describe(arn)
  if (!secret)
    return [
      failed(
        `${variable}: the secret ${arn} does not exist`,
        `aws secretsmanager create-secret --name ${nameIn(arn)} --kms-key-id ${handedOn['data-key-arn']} --secret-string file:///dev/stdin; its ARN is new: aws ssm put-parameter --overwrite --name ${parameterName(environment, 'gemini-secret-arn')} --value <ARN>; then clarity infra deploy ${environment.name} (stack ${namesOf(environment).stack('compute')} lets the execution role read it)`,
      ),
    ]
  if (secret.deleted)
    return [
      failed(
        `${variable}: the secret ${arn} is marked for deletion, so tasks cannot read it`,
        `aws secretsmanager restore-secret --secret-id ${arn}`,
      ),
    ]
  if (!secret.hasValue)
    return [
      failed(
        `${variable}: the secret ${arn} has no value yet`,
        `aws secretsmanager put-secret-value --secret-id ${arn} --secret-string file:///dev/stdin`,
      ),
    ]
  return [passed(`${variable} from ${nameIn(arn)}`)]
}

/** The name in a secret's ARN, without the six characters that Secrets Manager adds. */
function nameIn(arn: string): string {
  return (arn.split(':secret:')[1] ?? arn).replace(/-[A-Za-z0-9]{6}$/, '')
}
