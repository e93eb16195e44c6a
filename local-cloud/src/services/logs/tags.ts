import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ListTagsLogGroupRequest,
  TagLogGroupRequest,
  TagResourceRequest,
  UntagLogGroupRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { type GroupRecord, notFound, type Records } from './records.ts'

const MAX_TAGS = 50

/** Tags of log groups, by ARN and by the older operations that take a name. */
export function tagOperations(records: Records): Record<string, Operation> {
  function byArn(arn: string | undefined): GroupRecord {
    const prefix = records.arn('')
    if (!arn?.startsWith(prefix)) throw notFound(`The specified resource '${arn}' does not exist.`)
    return records.group({ logGroupIdentifier: arn })
  }

  function tag(group: GroupRecord, added: Record<string, string> = {}): void {
    const tags = { ...group.tags, ...added }
    if (Object.keys(tags).length > MAX_TAGS)
      throw new AwsError('TooManyTagsException', `a resource has at most ${MAX_TAGS} tags`)
    records.groups.put(group.name, { ...group, tags })
  }

  function untag(group: GroupRecord, names: string[] = []): void {
    const kept = Object.entries(group.tags).filter(([name]) => !names.includes(name))
    records.groups.put(group.name, { ...group, tags: Object.fromEntries(kept) })
  }

  return {
    TagResource: (input: TagResourceRequest) => tag(byArn(input.resourceArn), input.tags),
    UntagResource: (input: UntagResourceRequest) => untag(byArn(input.resourceArn), input.tagKeys),
    ListTagsForResource: (input: ListTagsForResourceRequest): ListTagsForResourceResponse => ({
      tags: byArn(input.resourceArn).tags,
    }),
    TagLogGroup: (input: TagLogGroupRequest) => tag(records.group(input), input.tags),
    UntagLogGroup: (input: UntagLogGroupRequest) => untag(records.group(input), input.tags),
    ListTagsLogGroup: (input: ListTagsLogGroupRequest): ListTagsForResourceResponse => ({
      tags: records.group(input).tags,
    }),
  }
}
