import type {
  DescribeSecretResponse,
  Filter,
  ListSecretsRequest,
  ListSecretsResponse,
} from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import { invalidParameter, type SecretRecord } from './model.ts'

/** A secret without its values, as AWS describes it. */
export function describeSecret(secret: SecretRecord): DescribeSecretResponse {
  const date = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms))
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    LastChangedDate: date(secret.changedAt),
    LastAccessedDate: date(secret.accessedAt),
    DeletedDate: date(secret.deletionAt),
    Tags: secret.tags,
    VersionIdsToStages: Object.fromEntries(
      secret.versions.filter(version => version.stages.length > 0).map(({ id, stages }) => [id, stages]),
    ),
    CreatedDate: date(secret.createdAt),
  }
}

/** One page of secrets, newest first unless told otherwise. @throws InvalidNextTokenException, InvalidParameterException */
export function listSecrets(all: SecretRecord[], input: ListSecretsRequest): ListSecretsResponse {
  const found = all
    .filter(secret => input.IncludePlannedDeletion || secret.deletionAt === undefined)
    .filter(secret => (input.Filters ?? []).every(filter => passes(secret, filter)))
    .sort((a, b) => a.createdAt - b.createdAt)
  if (input.SortOrder !== 'asc') found.reverse()
  const size = Number(input.MaxResults ?? 100)
  if (!(size >= 1 && size <= 100)) throw invalidParameter('MaxResults must be between 1 and 100.')
  const from = input.NextToken ? found.findIndex(secret => secret.arn === decode(input.NextToken)) : 0
  if (from < 0) throw new AwsError('InvalidNextTokenException', 'The NextToken value is invalid.')
  const next = found[from + size]
  return {
    SecretList: found.slice(from, from + size).map(secret => {
      const { VersionIdsToStages, ...entry } = describeSecret(secret)
      return { ...entry, SecretVersionsToStages: VersionIdsToStages }
    }),
    NextToken: next && Buffer.from(next.arn).toString('base64url'),
  }
}

function decode(token = ''): string {
  return Buffer.from(token, 'base64url').toString()
}

/** AWS matches the beginnings of words; a leading `!` means not. */
function passes(secret: SecretRecord, { Key, Values = [] }: Filter): boolean {
  const tags = secret.tags
  const texts: Record<string, string[]> = {
    name: [secret.name],
    description: [secret.description ?? ''],
    'tag-key': tags.map(tag => tag.Key ?? ''),
    'tag-value': tags.map(tag => tag.Value ?? ''),
  }
  texts.all = Object.values(texts).flat()
  const among = texts[Key ?? '']
  if (!among) throw invalidParameter(`The filter '${Key}' is not one of ${Object.keys(texts).join(', ')}.`)
  return Values.some(value =>
    value.startsWith('!')
      ? !among.some(text => text.startsWith(value.slice(1)))
      : among.some(text => text.startsWith(value)),
  )
}
