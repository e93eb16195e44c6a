import { MEND_ROLE } from './fixes.ts'
import { type Rule, says } from './rule.ts'

const NO_ANSWER =
  'i\\/o timeout|deadline exceeded|connection issue|send request failed|no such host|context canceled'

/**
 * What a task needs before its first process: secrets, log streams, roles, volumes. Texts:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 */
export const START_UP_RULES: Rule[] = [
  {
    id: 'secret-deleted',
    confidence: 'certain',
    matches: says(/secret (?<secret>arn:\S+?) from.*marked for deletion/),
    cause: 'the secret {secret} is marked for deletion',
    fix: "take it back: 'aws secretsmanager restore-secret --secret-id {secret}', then 'clarity deploy {environment}'",
  },
  {
    id: 'secret-empty',
    confidence: 'certain',
    matches: says(
      /secret (?<secret>arn:\S+?) from.*can't find the specified secret value for (?<which>[^.]+)/,
    ),
    cause: 'the secret {secret} has no value for {which}',
    fix: "put one, from a file that you delete afterwards: 'aws secretsmanager put-secret-value --secret-id {secret} --secret-string file://value', then 'clarity deploy {environment}'",
  },
  {
    id: 'secret-missing',
    confidence: 'certain',
    matches: says(
      /secret (?<secret>arn:\S+?:secret:(?<secretName>\S+?)(-\w{6})?) from.*(ResourceNotFound|can't find the specified secret)/,
    ),
    cause: 'the secret {secret} does not exist',
    fix: "look whether it has another ARN: 'aws secretsmanager list-secrets --filters Key=name,Values={secretName}'; if it is gone, make it: 'aws secretsmanager create-secret --name {secretName} --secret-string file://value'; put the ARN into /clarity/{environment}/gemini-secret-arn ('aws ssm put-parameter --overwrite'), then 'clarity deploy {environment}'",
  },
  {
    id: 'secret-key-missing',
    confidence: 'certain',
    matches: says(/did not contain json key (?<key>[\w.-]+)|failed to parse json in secret/),
    cause: 'the secret has no JSON key {key|that the task definition names}',
    fix: 'put the key into the secret with put-secret-value, or name another one in delivery/src/release/task-definitions.ts',
  },
  {
    id: 'secret-arn-malformed',
    confidence: 'certain',
    matches: says(
      /invalid ARN format for the AWS Secrets|VersionId.*(minimum|min).*32|minimum field size of 32.*VersionId/i,
    ),
    cause:
      "the ARN of a secret in the task definition is malformed: its end must be ':key:stage:version', each of which may be empty",
    fix: "mend valueFrom; 'clarity render {environment}' shows it; 'aws secretsmanager describe-secret' gives the ARN",
  },
  {
    id: 'secret-key-denied',
    confidence: 'certain',
    matches: says(
      /(not authorized|access (to KMS )?is not allowed|AccessDenied).*kms:Decrypt|KMS.*(not allowed|AccessDenied)/i,
    ),
    cause: 'the execution role {executionRole} may not decrypt with the key of the secret',
    fix: `allow kms:Decrypt in the role's policy and in the key's: ${MEND_ROLE}`,
  },
  {
    id: 'secret-denied',
    confidence: 'certain',
    matches: says(
      /not authorized to perform: (?<action>secretsmanager:GetSecretValue|ssm:GetParameters?)(?: on resource: (?<resource>arn:\S+))?/,
    ),
    cause: 'the execution role {executionRole} may not {action} on {resource|the secret}',
    fix: `${MEND_ROLE}; check it: 'aws iam simulate-principal-policy --policy-source-arn {executionRoleArn} --action-names {action} --resource-arns {resource}'`,
  },
  {
    id: 'parameter-missing',
    confidence: 'certain',
    matches: says(/invalid (ssm )?parameters: (?<parameter>[\w./-]+)|ParameterNotFound/),
    cause: 'the parameter {parameter|that a container reads} does not exist',
    fix: "make it again: 'aws ssm put-parameter --type SecureString --name {parameter} --value file://value', then 'clarity deploy {environment}'",
  },
  {
    id: 'registry-denied',
    confidence: 'certain',
    matches: says(/not authorized to perform: ecr:GetAuthorizationToken/),
    cause: 'the execution role {executionRole} may not log in to the registry',
    fix: `it needs ecr:GetAuthorizationToken on *: ${MEND_ROLE}`,
  },
  {
    id: 'role-not-assumable',
    confidence: 'certain',
    matches: says(
      /unable to assume (the )?role '?(?<role>arn:[^\s']+)|(?<named>arn:\S+) .*not authorized to perform: sts:AssumeRole/,
    ),
    cause: 'ECS may not assume the role {role|of the task}: it does not exist, or does not trust ECS',
    fix: `it must exist and trust ecs-tasks.amazonaws.com: 'aws iam get-role --role-name {executionRole}'; ${MEND_ROLE}`,
  },
  {
    id: 'secret-agent-killed',
    confidence: 'likely',
    matches: says(/unable to pull secrets or registry auth.*signal: killed/),
    cause: 'reading the secrets took too long and was ended by the agent: the way to Secrets Manager hangs',
    fix: 'look at the NAT gateway or at the VPC endpoint of Secrets Manager: its security group must admit port 443 from the tasks, its private DNS must be on',
  },
  {
    id: 'secret-no-network',
    confidence: 'certain',
    matches: says(new RegExp(`unable to (pull secrets|retrieve).*(${NO_ANSWER})`)),
    cause: 'the task has no way to Secrets Manager, Parameter Store or the registry',
    fix: "the call goes through the task's own interface: give the private subnets a NAT gateway, or VPC endpoints secretsmanager, ssm, ecr.api, ecr.dkr, logs and s3",
  },
  {
    id: 'log-group-missing',
    confidence: 'certain',
    matches: says(
      /log group does not exist|failed to (create|initialize).*ResourceNotFoundException.*log group/i,
    ),
    cause: 'the log group {logGroup} does not exist',
    fix: "make it again: 'aws logs create-log-group --log-group-name {logGroup}', give it retention and key as infra/src/compute-stack.ts has them, then 'clarity deploy {environment}'",
  },
  {
    id: 'log-denied',
    confidence: 'certain',
    matches: says(/not authorized to perform: (?<action>logs:\w+)/),
    cause: 'the execution role {executionRole} may not {action} on {logGroup}',
    fix: MEND_ROLE,
  },
  {
    id: 'log-no-network',
    confidence: 'certain',
    matches: says(new RegExp(`failed to validate logger args.*(signal: killed|${NO_ANSWER})`)),
    cause: 'the task has no way to CloudWatch Logs',
    fix: 'give the private subnets a NAT gateway, or the VPC endpoint logs with private DNS',
  },
  {
    id: 'file-system-not-mounted',
    confidence: 'certain',
    matches: says(/EFS utils|mount\.nfs4|EFS volume/),
    cause: 'the EFS file system cannot be mounted',
    fix: 'admit port 2049 from the tasks in the security group of the mount targets, and check file system, access point and folder in the volumes of the task definition',
  },
  {
    id: 'volume-not-attached',
    confidence: 'certain',
    matches: says(/\bEBS\b|volume.*(failed to attach|attachment)/),
    cause: 'the EBS volume cannot be attached',
    fix: 'check the ECS infrastructure role of volumeConfigurations, its KMS key and the volume quota',
  },
  {
    id: 'environment-file',
    confidence: 'certain',
    matches: says(/failed to download env files|environmentFiles/),
    cause: 'an environment file cannot be read from S3',
    fix: 'the execution role needs s3:GetObject on it, the subnets a way to S3',
  },
  {
    id: 'dependency-not-ready',
    confidence: 'certain',
    matches: says(/Dependency on other containers timed out|dependent container .* exited/),
    cause: 'a container waited for another one of the task, which was not ready in time',
    fix: "look at the log of the other one, and at dependsOn and startTimeout in 'clarity render {environment}'",
  },
  {
    id: 'not-initialized',
    confidence: 'likely',
    matches: says(/ResourceInitializationError/),
    cause: 'something that the task needs before it starts is missing',
    fix: "the evidence names it; 'clarity preflight {environment}' checks them all",
  },
]
