import type {
  GetLifecyclePolicyPreviewRequest,
  GetLifecyclePolicyPreviewResponse,
  StartLifecyclePolicyPreviewRequest,
  StartLifecyclePolicyPreviewResponse,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { Images } from './images.ts'
import { expiring, readLifecyclePolicy } from './lifecycle-policy.ts'
import { page, type Records } from './records.ts'

/** What a policy would expire, as the preview found it. */
interface PreviewRecord {
  policy: string
  results: { digest: string; tags: string[]; pushedAt: number; priority: number }[]
}

/** Previews of lifecycle policies, and their execution. */
export interface Lifecycle {
  operations: Record<string, Operation>
  /** Expires what the policies of all repositories say. */
  run(): Promise<void>
}

export function createLifecycle(context: ServiceContext, records: Records, images: Images): Lifecycle {
  const previews = context.store.collection<PreviewRecord>('ecr', 'lifecycle-preview')
  const registryId = context.accountId

  /** Artifacts that belong to another image go with it, and what an index needs stays. */
  function evaluate(repository: string, policy: string): PreviewRecord['results'] {
    const tags = records.tagsOf(repository)
    const all = images.list(repository)
    const needed = new Set(all.flatMap(image => image.references))
    const candidates = all
      .filter(image => !image.subject && !needed.has(image.digest))
      .map(image => ({ ...image, tags: tags.get(image.digest) ?? [] }))
    const gone = expiring(readLifecyclePolicy(policy), candidates, context.clock.now())
    return candidates.flatMap(({ digest, tags, pushedAt }) => {
      const priority = gone.get(digest)
      return priority === undefined ? [] : [{ digest, tags, pushedAt, priority }]
    })
  }

  function start(input: StartLifecyclePolicyPreviewRequest): StartLifecyclePolicyPreviewResponse {
    const { name, lifecyclePolicy } = records.repository(input.repositoryName, input.registryId)
    const policy = input.lifecyclePolicyText ?? lifecyclePolicy
    if (policy === undefined)
      throw new AwsError(
        'LifecyclePolicyNotFoundException',
        `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
      )
    previews.put(name, { policy, results: evaluate(name, policy) })
    return { registryId, repositoryName: name, lifecyclePolicyText: policy, status: 'IN_PROGRESS' }
  }

  function get(input: GetLifecyclePolicyPreviewRequest): GetLifecyclePolicyPreviewResponse {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const preview = previews.get(name)
    if (!preview)
      throw new AwsError(
        'LifecyclePolicyPreviewNotFoundException',
        `Lifecycle policy preview does not exist for the repository with name '${name}' in the registry with id '${registryId}'`,
      )
    const wanted = input.imageIds?.map(id => id.imageDigest ?? id.imageTag)
    const status = input.filter?.tagStatus ?? 'ANY'
    const found = preview.results.filter(
      ({ digest, tags }) =>
        (!wanted || wanted.some(id => id === digest || tags.includes(id ?? ''))) &&
        (status === 'ANY' || (status === 'TAGGED') === tags.length > 0),
    )
    const shown = page(found, one => one.digest, input.nextToken, input.maxResults)
    return {
      registryId,
      repositoryName: name,
      lifecyclePolicyText: preview.policy,
      status: 'COMPLETE',
      previewResults: shown.items.map(one => ({
        imageTags: one.tags,
        imageDigest: one.digest,
        imagePushedAt: new Date(one.pushedAt),
        action: { type: 'EXPIRE' },
        appliedRulePriority: one.priority,
      })),
      nextToken: shown.nextToken,
      summary: { expiringImageTotalCount: preview.results.length },
    }
  }

  async function run(): Promise<void> {
    for (const { name, lifecyclePolicy } of records.repositories.list()) {
      if (lifecyclePolicy === undefined) continue
      const gone = evaluate(name, lifecyclePolicy)
      for (const { digest } of gone) {
        const image = images.find(name, { imageDigest: digest })
        if (image) await images.remove(image)
      }
      const record = records.repositories.get(name)
      if (record?.lifecyclePolicy === lifecyclePolicy)
        records.repositories.put(name, { ...record, lifecycleEvaluatedAt: context.clock.now() })
      if (gone.length > 0)
        context.log('ecr', 'a lifecycle policy expired images', { repository: name, images: gone.length })
    }
  }

  return {
    operations: { StartLifecyclePolicyPreview: start, GetLifecyclePolicyPreview: get },
    run,
  }
}
