import type { Case } from './case.ts'
import { ACCOUNT, notStarted, SECRET } from './facts.ts'

const SECRETS =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: '
const ASM = `${SECRETS}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${SECRET} from secrets manager: `
const API_400 =
  'operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 047440d4-e3fb-4209-af2d-d60c94cd45f0, '
const ROLE = `User: arn:aws:sts::${ACCOUNT}:assumed-role/clarity-backend-execution-role/3caf853ecb00491db67740079d4a02a7`
const LOGGER = 'ResourceInitializationError: failed to validate logger args: '

export const START_UP_CASES: Case[] = [
  [
    'secret-missing',
    {
      tasks: notStarted(
        `${ASM}${API_400}ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
      ),
    },
    /gemini-api-key-AbCdEf does not exist/,
  ],
  [
    'secret-empty',
    {
      tasks: notStarted(
        `${ASM}${API_400}ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT`,
      ),
    },
    /AWSCURRENT/,
  ],
  [
    'secret-deleted',
    {
      tasks: notStarted(
        `${ASM}${API_400}InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.`,
      ),
    },
  ],
  [
    'secret-key-missing',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key api_key`,
      ),
    },
    /api_key/,
  ],
  [
    'secret-arn-malformed',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${SECRET} from secrets manager: InvalidParameter: 1 validation error(s) found. - minimum field size of 32, GetSecretValueInput.VersionId.`,
      ),
    },
  ],
  [
    'secret-arn-malformed',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve secret from asm: trying to retrieve secret with value arn:aws:secretsmanager:us-east-1 resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.`,
      ),
    },
  ],
  [
    'secret-denied',
    {
      tasks: notStarted(
        `${ASM}${API_400}api error AccessDeniedException: ${ROLE} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${SECRET} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
      ),
    },
    /may not secretsmanager:GetSecretValue on arn/,
  ],
  [
    'secret-denied',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: ${ROLE} is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/clarity/x`,
      ),
    },
  ],
  [
    'secret-key-denied',
    { tasks: notStarted(`${ASM}${API_400}AccessDeniedException: Access to KMS is not allowed`) },
  ],
  [
    'secret-key-denied',
    {
      tasks: notStarted(
        `${ASM}${API_400}AccessDeniedException: ${ROLE} is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:${ACCOUNT}:key/1`,
      ),
    },
  ],
  [
    'parameter-missing',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /clarity/prod/x`,
      ),
    },
    /\/clarity\/prod\/x/,
  ],
  [
    'secret-no-network',
    {
      tasks: notStarted(
        `${ASM}RequestCanceled: request context canceled caused by: context deadline exceeded`,
      ),
    },
  ],
  [
    'secret-no-network',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 52.46.1.2:443: i/o timeout`,
      ),
    },
  ],
  [
    'secret-agent-killed',
    {
      tasks: notStarted(
        'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: signal: killed',
      ),
    },
  ],
  [
    'registry-denied',
    {
      tasks: notStarted(
        `${SECRETS}unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: ${ROLE} is not authorized to perform: ecr:GetAuthorizationToken on resource: *`,
      ),
    },
  ],
  [
    'role-not-assumable',
    {
      tasks: notStarted(
        `ECS was unable to assume the role 'arn:aws:iam::${ACCOUNT}:role/clarity-backend-execution-role' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
      ),
    },
    /execution-role/,
  ],
  [
    'log-group-missing',
    {
      tasks: notStarted(
        `${LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1`,
      ),
    },
    /\/ecs\/clarity-backend does not exist/,
  ],
  [
    'log-group-missing',
    {
      tasks: notStarted(
        'CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.',
      ),
    },
  ],
  [
    'log-denied',
    {
      tasks: notStarted(
        `${LOGGER}create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: ${ROLE} is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/ecs/clarity-backend`,
      ),
    },
  ],
  ['log-no-network', { tasks: notStarted(`${LOGGER}: signal: killed`) }],
  [
    'file-system-not-mounted',
    {
      tasks: notStarted(
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32",
      ),
    },
  ],
  [
    'volume-not-attached',
    {
      tasks: notStarted(
        'ResourceInitializationError: failed to attach EBS volume: volume attachment timed out',
      ),
    },
  ],
  [
    'environment-file',
    {
      tasks: notStarted(
        'ResourceInitializationError: failed to download env files: file download command: non empty error stream: service call has been retried 2 time(s): RequestCanceled: request context canceled',
      ),
    },
  ],
  ['not-initialized', { tasks: notStarted('ResourceInitializationError: failed to do something new') }],
  [
    'dependency-not-ready',
    { tasks: notStarted('Dependency on other containers timed out in container api') },
  ],
]
