import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecs'
import type { Operation } from '../../core/service.ts'
import { invalidParameter } from './errors.ts'
import type { Records } from './records.ts'

/** Most tags on one resource. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html */
const MOST_TAGS = 50

/** Tags of every kind of resource, kept by ARN. */
export function tagOperations(records: Records): Record<string, Operation> {
  function tagResource(input: TagResourceRequest): object {
    setTags(records, exists(records, input.resourceArn), input.tags)
    return {}
  }

  function untagResource(input: UntagResourceRequest): object {
    const arn = exists(records, input.resourceArn)
    records.tags.put(
      arn,
      tagsOf(records, arn).filter(tag => !input.tagKeys?.includes(tag.key ?? '')),
    )
    return {}
  }

  function listTagsForResource(input: ListTagsForResourceRequest): ListTagsForResourceResponse {
    return { tags: tagsOf(records, exists(records, input.resourceArn)) }
  }

  return {
    TagResource: tagResource,
    UntagResource: untagResource,
    ListTagsForResource: listTagsForResource,
  }
}

export const tagsOf = (records: Records, arn: string): Tag[] => records.tags.get(arn) ?? []

/** Adds tags to what the resource has; a key that it has takes the new value. */
export function setTags(records: Records, arn: string, tags: Tag[] | undefined): void {
  if (!tags?.length) return
  const all = new Map(tagsOf(records, arn).map(tag => [tag.key, tag.value]))
  for (const { key, value = '' } of tags) {
    if (!key || key.length > 128 || key.toLowerCase().startsWith('aws:'))
      throw invalidParameter(`The tag key '${key}' is not valid.`)
    if (value.length > 256) throw invalidParameter(`The value of the tag '${key}' is longer than 256.`)
    all.set(key, value)
  }
  if (all.size > MOST_TAGS) throw invalidParameter(`A resource has at most ${MOST_TAGS} tags.`)
  records.tags.put(
    arn,
    [...all].map(([key, value]) => ({ key, value })),
  )
}

function exists(records: Records, arn = ''): string {
  const [, type, path = ''] = /^arn:aws:ecs:[^:]*:\d*:([a-z-]+)\/(.+)$/.exec(arn) ?? []
  const found =
    type === 'cluster'
      ? records.clusters.get(path)
      : type === 'service'
        ? records.services.get(path)
        : type === 'task'
          ? records.tasks.get(path)
          : type === 'task-definition'
            ? records.taskDefinitions.list(`${path.split(':')[0]}:`).find(d => d.taskDefinitionArn === arn)
            : undefined
  if (!found) throw invalidParameter(`The specified resource ARN '${arn}' was not found.`)
  return arn
}
