import { s3Needs } from './s3-needs.ts'

/** One thing that a caller must be allowed to do for an operation. */
export interface Need {
  /** `sqs:SendMessage` */
  action: string
  /** ARN, or `*` where the action has no resource or the input does not name it. */
  resource: string
}

/** Whose resources they are, for ARNs. */
export interface Place {
  accountId: string
  region: string
}

type Input = Record<string, unknown>

/**
 * What IAM asks for an operation: usually `<service>:<Operation>` on the resource that the input names.
 * Source: the service authorization reference, for the names that differ.
 */
export function needsOf(service: string, operation: string, input: Input, place: Place): Need[] {
  if (service === 's3') return s3Needs(operation, input)
  if (service === 'dynamodb') return dynamodbNeeds(operation, input, place)
  const prefix = PREFIXES[service] ?? service
  const name = service === 'sqs' ? operation.replace(/Batch$/, '') : operation
  return [{ action: `${prefix}:${name}`, resource: resourceOf(service, operation, input, place) }]
}

/** Where the prefix of actions is not the name that signs. */
const PREFIXES: Record<string, string> = { monitoring: 'cloudwatch' }

function resourceOf(service: string, operation: string, input: Input, { accountId, region }: Place): string {
  const arn = (rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`
  const text = (member: string) => (typeof input[member] === 'string' ? (input[member] as string) : undefined)
  const named = (member: string, make: (name: string) => string) => {
    const value = text(member)
    return value === undefined ? undefined : value.startsWith('arn:') ? value : make(value)
  }
  const RESOURCES: Record<string, () => string | undefined> = {
    sqs: () =>
      named('QueueUrl', url => arn(url.split('/').at(-1) ?? '')) ??
      (operation === 'ListQueues' ? undefined : named('QueueName', arn)),
    secretsmanager: () =>
      named('SecretId', name => arn(`secret:${name}`)) ?? named('Name', name => arn(`secret:${name}`)),
    logs: () =>
      named('logGroupName', name => arn(`log-group:${name}:log-stream:${text('logStreamName') ?? ''}`)) ??
      named('logGroupIdentifier', name => arn(`log-group:${name}:log-stream:`)),
    'cognito-idp': () => named('UserPoolId', id => arn(`userpool/${id}`)),
    kms: () => named('KeyId', id => arn(id.startsWith('alias/') ? id : `key/${id}`)),
    ecr: () => named('repositoryName', name => arn(`repository/${name}`)),
    ssm: () =>
      named('Name', name => arn(`parameter/${name.replace(/^\//, '')}`)) ??
      named('Path', name => arn(`parameter/${name.replace(/^\//, '')}`)),
    iam: () =>
      named('RoleName', name => `arn:aws:iam::${accountId}:role/${name}`) ??
      named('PolicyArn', name => name) ??
      named('PolicyName', name => `arn:aws:iam::${accountId}:policy/${name}`),
    sts: () => named('RoleArn', name => name),
  }
  const firstArn = () =>
    Object.values(input).find(value => typeof value === 'string' && value.startsWith('arn:')) as string
  return (RESOURCES[service] ?? firstArn)() ?? '*'
}

/** Several tables may be named, and a transaction is asked for as what it consists of. */
function dynamodbNeeds(operation: string, input: Input, { accountId, region }: Place): Need[] {
  const table = (name: unknown) => {
    const text = String(name)
    return text.startsWith('arn:') ? text : `arn:aws:dynamodb:${region}:${accountId}:table/${text}`
  }
  if (operation === 'TransactWriteItems' || operation === 'TransactGetItems') {
    const parts: Record<string, { TableName?: string }>[] = Array.isArray(input.TransactItems)
      ? input.TransactItems
      : []
    return parts.flatMap(part =>
      Object.entries(part).map(([kind, { TableName }]) => ({
        action: `dynamodb:${TRANSACTED[kind] ?? kind}`,
        resource: table(TableName),
      })),
    )
  }
  if (operation === 'BatchExecuteStatement') {
    const statements: { Statement?: string }[] = Array.isArray(input.Statements) ? input.Statements : []
    return statements.map(({ Statement = '' }) => {
      const [, insert, from, update, name] =
        /^\s*(?:(INSERT)\s+INTO|(SELECT|DELETE)\b.*?\bFROM|(UPDATE))\s+"?([\w.-]+)/is.exec(Statement) ?? []
      const verb = (insert ?? from ?? update ?? 'SELECT').toLowerCase()
      const kind = verb.charAt(0).toUpperCase() + verb.slice(1)
      return { action: `dynamodb:PartiQL${kind}`, resource: name === undefined ? '*' : table(name) }
    })
  }
  const action = `dynamodb:${operation}`
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem')
    return Object.keys((input.RequestItems ?? {}) as object).map(name => ({ action, resource: table(name) }))
  const named = input.TableName ?? input.ResourceArn
  if (named === undefined) return [{ action, resource: '*' }]
  return [{ action, resource: table(named) + (input.IndexName ? `/index/${input.IndexName}` : '') }]
}

const TRANSACTED: Record<string, string> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
}
