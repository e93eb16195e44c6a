import type { Tag } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'

/** A secret as it is stored, under its name. Dates are milliseconds since the epoch. */
export interface SecretRecord {
  arn: string
  name: string
  description?: string
  kmsKeyId?: string
  tags: Tag[]
  policy?: string
  createdAt: number
  changedAt: number
  accessedAt?: number
  /** When it will be gone; set while it is scheduled for deletion. */
  deletionAt?: number
  /** Oldest first. */
  versions: VersionRecord[]
}

/** One value of a secret, encrypted: under the installation's key, or under a key of KMS. */
export interface VersionRecord {
  id: string
  /** Labels such as AWSCURRENT; a version without any is kept but hidden, as on AWS. */
  stages: string[]
  createdAt: number
  kind: 'string' | 'binary'
  sealed: string
  /** Set where a key of KMS was named: `sealed` is then the envelope's text. */
  kms?: { keyId: string; dataKey: string }
}

/** Finds and keeps secrets. */
export interface Secrets {
  /** By name, ARN, or ARN without its random suffix. @throws ResourceNotFoundException */
  find(id: string | undefined): SecretRecord
  /** The same, refusing what is scheduled for deletion. @throws InvalidRequestException */
  findLive(id: string | undefined): SecretRecord
  list(): SecretRecord[]
  byName(name: string): SecretRecord | undefined
  put(secret: SecretRecord): void
  delete(secret: SecretRecord): void
}

export function createSecrets({ store, clock }: ServiceContext): Secrets {
  const secrets = store.collection<SecretRecord>('secretsmanager', 'secret')

  /** Undefined once the recovery window of a deletion is over. */
  function alive(secret: SecretRecord | undefined): SecretRecord | undefined {
    if (secret?.deletionAt === undefined || secret.deletionAt > clock.now()) return secret
    secrets.delete(secret.name)
    return undefined
  }

  function find(id = ''): SecretRecord {
    const name = /^arn:[^:]*:secretsmanager:[^:]*:\d{12}:secret:(.+)$/.exec(id)?.[1] ?? id
    const found = [name, name.replace(/-[A-Za-z0-9]{6}$/, '')].map(key => alive(secrets.get(key)))
    const match = found.find(secret => secret && (!id.startsWith('arn:') || `${secret.arn}`.startsWith(id)))
    if (!match || (!id.startsWith('arn:') && match.name !== id))
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
    return match
  }

  return {
    find,
    findLive: id => {
      const secret = find(id)
      if (secret.deletionAt !== undefined)
        throw new AwsError(
          'InvalidRequestException',
          "You can't perform this operation on the secret because it was marked for deletion.",
        )
      return secret
    },
    list: () => secrets.list().filter(secret => alive(secret)),
    byName: name => alive(secrets.get(name)),
    put: secret => secrets.put(secret.name, secret),
    delete: secret => void secrets.delete(secret.name),
  }
}

/** A refusal of input. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}
