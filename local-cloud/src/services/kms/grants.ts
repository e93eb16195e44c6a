import { createHash, randomBytes } from 'node:crypto'
import type {
  CreateGrantRequest,
  CreateGrantResponse,
  GrantListEntry,
  GrantOperation,
  ListGrantsRequest,
  ListGrantsResponse,
  RetireGrantRequest,
  RevokeGrantRequest,
} from '@aws-sdk/client-kms'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, RequestContext, ServiceContext } from '../../core/service.ts'
import type { Keys } from './keys.ts'
import { pageOf } from './pages.ts'

/** Who may use a key without its policy saying so. */
export interface Grant {
  id: string
  keyId: string
  name?: string
  grantee: string
  retiring?: string
  operations: GrantOperation[]
  constraints?: CreateGrantRequest['Constraints']
  issuer: string
  createdAt: number
}

/** Operations that a grant may name (KMS API reference, CreateGrant). */
const GRANTABLE = new Set<string>([
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
])

/** Grants: made, listed, revoked, retired. Constraints are recorded. */
export function grantOperations(
  { store, clock, accountId }: ServiceContext,
  keys: Keys,
): { operations: Record<string, Operation>; of(keyId: string): Grant[] } {
  const grants = store.collection<Grant>('kms', 'grant')
  const place = (grant: Pick<Grant, 'keyId' | 'id'>) => `${grant.keyId}/${grant.id}`
  const of = (keyId: string) => grants.list(`${keyId}/`).filter(grant => !grant.constraints)
  const tokenOf = (grant: Grant) =>
    Buffer.from(JSON.stringify({ keyId: grant.keyId, id: grant.id })).toString('base64')

  function create(input: CreateGrantRequest, { caller }: RequestContext): CreateGrantResponse {
    const key = keys.usable(input.KeyId)
    const operations = input.Operations ?? []
    const bad = operations.find(operation => !GRANTABLE.has(operation))
    if (bad || operations.length === 0)
      throw new AwsError(
        'ValidationException',
        `Operations '${bad ?? ''}' must be operations that a grant can give`,
      )
    if (!input.GranteePrincipal?.startsWith('arn:') && !input.GranteePrincipal?.endsWith('.amazonaws.com'))
      throw new AwsError('InvalidArnException', `ARN not valid: ${input.GranteePrincipal}`)
    const same = grants
      .list(`${key.id}/`)
      .find(
        grant =>
          input.Name !== undefined &&
          grant.name === input.Name &&
          grant.grantee === input.GranteePrincipal &&
          grant.operations.join() === operations.join(),
      )
    const grant: Grant = same ?? {
      id: createHash('sha256').update(randomBytes(32)).digest('hex'),
      keyId: key.id,
      name: input.Name,
      grantee: input.GranteePrincipal,
      retiring: input.RetiringPrincipal,
      operations,
      constraints: input.Constraints,
      issuer: `arn:aws:iam::${accountId}:root`,
      createdAt: clock.now(),
    }
    if (caller.arn.startsWith('arn:')) grant.issuer = caller.arn
    grants.put(place(grant), grant)
    return { GrantId: grant.id, GrantToken: tokenOf(grant) }
  }

  function list(input: ListGrantsRequest): ListGrantsResponse {
    const found = grants
      .list(`${keys.get(input.KeyId).id}/`)
      .filter(grant => !input.GrantId || grant.id === input.GrantId)
      .filter(grant => !input.GranteePrincipal || grant.grantee === input.GranteePrincipal)
    const { items, ...rest } = pageOf(found, input)
    return { Grants: items.map(told), ...rest }
  }

  function told(grant: Grant): GrantListEntry {
    return {
      KeyId: keys.get(grant.keyId).arn,
      GrantId: grant.id,
      Name: grant.name,
      CreationDate: new Date(grant.createdAt),
      GranteePrincipal: grant.grantee,
      RetiringPrincipal: grant.retiring,
      IssuingAccount: `arn:aws:iam::${accountId}:root`,
      Operations: grant.operations,
      Constraints: grant.constraints,
    }
  }

  function end(keyId: string, id: string | undefined): void {
    if (!grants.delete(place({ keyId, id: id ?? '' })))
      throw new AwsError('NotFoundException', `Grant ID ${id} not found`)
  }

  function retire(input: RetireGrantRequest): void {
    if (!input.GrantToken) {
      end(keys.get(input.KeyId).id, input.GrantId)
      return
    }
    let named: { keyId?: string; id?: string }
    try {
      named = JSON.parse(Buffer.from(input.GrantToken, 'base64').toString())
    } catch {
      throw new AwsError('InvalidGrantTokenException', 'the grant token is not one of this KMS')
    }
    end(named.keyId ?? '', named.id)
  }

  return {
    of,
    operations: {
      CreateGrant: create,
      ListGrants: list,
      RevokeGrant: (input: RevokeGrantRequest) => end(keys.get(input.KeyId).id, input.GrantId),
      RetireGrant: retire,
    },
  }
}
