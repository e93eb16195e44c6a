import type {
  AddTagsCommandInput,
  DescribeTagsCommandInput,
  DescribeTagsCommandOutput,
  RemoveTagsCommandInput,
  Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { refuse } from './errors.ts'
import { list, text } from './input.ts'
import type { Parts } from './parts.ts'

/** Most tags of one resource, as on AWS. */
const MAX_TAGS = 50

/** The operations on tags of load balancers, listeners, rules and target groups. */
export function tagOperations({ state }: Parts): Record<string, Operation> {
  /** @throws the resource's own error when it does not exist */
  function find(arn: string): Record<string, string> {
    if (arn.includes(':targetgroup/')) state.targetGroup(arn)
    else if (arn.includes(':listener-rule/')) state.rule(arn)
    else if (arn.includes(':listener/')) state.listener(arn)
    else state.loadBalancer(arn)
    return state.tags.get(arn) ?? {}
  }

  function change(arns: string[] | undefined, work: (tags: Record<string, string>) => void): object {
    const found = list(arns).map(arn => ({ arn, tags: find(arn) }))
    for (const { tags } of found) {
      work(tags)
      if (Object.keys(tags).length > MAX_TAGS)
        throw refuse('TooManyTags', `The maximum number of tags of a resource is ${MAX_TAGS}`)
    }
    for (const { arn, tags } of found) state.tags.put(arn, tags)
    return {}
  }

  function add(input: AddTagsCommandInput): object {
    const given = readTags(input.Tags)
    return change(input.ResourceArns, tags => Object.assign(tags, given))
  }

  function remove(input: RemoveTagsCommandInput): object {
    return change(input.ResourceArns, tags => {
      for (const key of list(input.TagKeys)) delete tags[key]
    })
  }

  function describe(input: DescribeTagsCommandInput): Omit<DescribeTagsCommandOutput, '$metadata'> {
    return {
      TagDescriptions: list(input.ResourceArns).map(arn => ({
        ResourceArn: arn,
        Tags: Object.entries(find(arn)).map(([Key, Value]) => ({ Key, Value })),
      })),
    }
  }

  return { AddTags: add, RemoveTags: remove, DescribeTags: describe }
}

/** Tags by key. @throws DuplicateTagKeys */
export function readTags(given: Tag[] | undefined): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const { Key, Value } of list(given)) {
    const key = text('Key of a tag', Key)
    if (key in tags) throw refuse('DuplicateTagKeys', `A tag key was specified more than once: '${key}'`)
    tags[key] = Value ?? ''
  }
  return tags
}
