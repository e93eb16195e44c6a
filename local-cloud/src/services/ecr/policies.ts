import type {
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse,
  DeleteRepositoryPolicyRequest,
  DeleteRepositoryPolicyResponse,
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
  GetRepositoryPolicyRequest,
  GetRepositoryPolicyResponse,
  PutLifecyclePolicyRequest,
  PutLifecyclePolicyResponse,
  SetRepositoryPolicyRequest,
  SetRepositoryPolicyResponse,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { readLifecyclePolicy } from './lifecycle-policy.ts'
import { invalid, type Records, type RepositoryRecord } from './records.ts'

/** Access policies, which are only kept, and lifecycle policies, which `lifecycle.ts` executes. */
export function policyOperations(context: ServiceContext, records: Records): Record<string, Operation> {
  const registryId = context.accountId

  function setPolicy(input: SetRepositoryPolicyRequest): SetRepositoryPolicyResponse {
    const record = records.repository(input.repositoryName, input.registryId)
    const policy = json('policyText', input.policyText)
    records.repositories.put(record.name, { ...record, policy })
    return { registryId, repositoryName: record.name, policyText: policy }
  }

  function getPolicy(input: GetRepositoryPolicyRequest): GetRepositoryPolicyResponse {
    const { name, policy } = records.repository(input.repositoryName, input.registryId)
    if (policy === undefined) throw noPolicy('RepositoryPolicyNotFoundException', 'Repository', name)
    return { registryId, repositoryName: name, policyText: policy }
  }

  function deletePolicy(input: DeleteRepositoryPolicyRequest): DeleteRepositoryPolicyResponse {
    const answer = getPolicy(input)
    const { policy: _, ...record } = records.repository(input.repositoryName)
    records.repositories.put(record.name, record)
    return answer
  }

  function putLifecycle(input: PutLifecyclePolicyRequest): PutLifecyclePolicyResponse {
    const record = records.repository(input.repositoryName, input.registryId)
    const lifecyclePolicy = json('lifecyclePolicyText', input.lifecyclePolicyText)
    readLifecyclePolicy(lifecyclePolicy)
    const { lifecycleEvaluatedAt: _, ...rest } = record
    records.repositories.put(record.name, { ...rest, lifecyclePolicy })
    return { registryId, repositoryName: record.name, lifecyclePolicyText: lifecyclePolicy }
  }

  function getLifecycle(input: GetLifecyclePolicyRequest): GetLifecyclePolicyResponse {
    const record = records.repository(input.repositoryName, input.registryId)
    const { name, lifecyclePolicy, lifecycleEvaluatedAt: at } = record
    if (lifecyclePolicy === undefined) throw noPolicy('LifecyclePolicyNotFoundException', 'Lifecycle', name)
    return {
      registryId,
      repositoryName: name,
      lifecyclePolicyText: lifecyclePolicy,
      ...(at !== undefined && { lastEvaluatedAt: new Date(at) }),
    }
  }

  function deleteLifecycle(input: DeleteLifecyclePolicyRequest): DeleteLifecyclePolicyResponse {
    const answer = getLifecycle(input)
    const { lifecyclePolicy: _, ...record }: RepositoryRecord = records.repository(input.repositoryName)
    records.repositories.put(record.name, record)
    return answer
  }

  function noPolicy(code: string, kind: string, name: string): AwsError {
    return new AwsError(
      code,
      `${kind} policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
    )
  }

  return {
    SetRepositoryPolicy: setPolicy,
    GetRepositoryPolicy: getPolicy,
    DeleteRepositoryPolicy: deletePolicy,
    PutLifecyclePolicy: putLifecycle,
    GetLifecyclePolicy: getLifecycle,
    DeleteLifecyclePolicy: deleteLifecycle,
  }
}

function json(parameter: string, text: string | undefined): string {
  try {
    if (typeof JSON.parse(text ?? '') === 'object') return text as string
  } catch {
    // told below
  }
  throw invalid(parameter, 'must be a JSON document')
}
