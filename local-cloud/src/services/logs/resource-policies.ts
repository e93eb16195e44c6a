import type {
  DeleteResourcePolicyRequest,
  DescribeResourcePoliciesRequest,
  PutResourcePolicyRequest,
  ResourcePolicy,
} from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { invalid, notFound, page } from './records.ts'

/** Largest policy in bytes, and most of an account (CloudWatch Logs quotas). */
const MAX_BYTES = 5120
const MAX_POLICIES = 10

/** Account policies by which other services may write to groups: kept, never asked. */
export function resourcePolicyOperations({ store, clock }: ServiceContext): Record<string, Operation> {
  const policies = store.collection<{ name: string; document: string; updatedAt: number }>(
    'logs',
    'resource-policy',
  )
  const view = (one: { name: string; document: string; updatedAt: number }): ResourcePolicy => ({
    policyName: one.name,
    policyDocument: one.document,
    lastUpdatedTime: one.updatedAt,
  })

  function put(input: PutResourcePolicyRequest) {
    const { policyName: name = '', policyDocument: document = '' } = input
    if (name === '') throw invalid('policyName is required')
    if (Buffer.byteLength(document) > MAX_BYTES)
      throw invalid(`policyDocument is larger than ${MAX_BYTES} bytes`)
    try {
      JSON.parse(document)
    } catch {
      throw invalid('policyDocument is not JSON')
    }
    if (!policies.get(name) && policies.keys().length >= MAX_POLICIES)
      throw new AwsError('LimitExceededException', `Resource limit exceeded: ${MAX_POLICIES} policies`)
    const made = { name, document, updatedAt: clock.now() }
    policies.put(name, made)
    return { resourcePolicy: view(made) }
  }

  function describe(input: DescribeResourcePoliciesRequest) {
    const { items, nextToken } = page(policies.list(), input.nextToken, input.limit)
    return { resourcePolicies: items.map(view), nextToken }
  }

  function remove(input: DeleteResourcePolicyRequest): object {
    if (!policies.delete(input.policyName ?? ''))
      throw notFound(`Policy with name [${input.policyName}] does not exist.`)
    return {}
  }

  return {
    PutResourcePolicy: put,
    DescribeResourcePolicies: describe,
    DeleteResourcePolicy: remove,
  }
}
