import { AwsError } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { absent, type Entity, type WafRecords } from './records.ts'

type Input = Record<string, unknown>

/** Which web ACL stands before which resource, where its log would go, and tags. */
export function associationOperations(records: WafRecords): Record<string, Operation> {
  function associate(input: Input) {
    const resource = String(input.ResourceArn)
    const acl = records.byArn(input.WebACLArn)
    if (!/^arn:aws:/.test(resource))
      throw new AwsError(
        'WAFInvalidParameterException',
        `Error reason: The ARN isn't valid., field: RESOURCE_ARN, parameter: ${resource}`,
      )
    records.associations.put(resource, { resource, acl: acl.arn })
    return {}
  }

  function forResource(input: Input) {
    const found = records.associations.get(String(input.ResourceArn))
    return found ? { WebACL: records.view(records.byArn(found.acl)) } : {}
  }

  function putLogging(input: Input) {
    const configuration = (input.LoggingConfiguration ?? {}) as Input
    const acl = records.byArn(configuration.ResourceArn)
    records.logging.put(acl.arn, configuration)
    return { LoggingConfiguration: configuration }
  }

  function getLogging(input: Input) {
    const found = records.logging.get(String(input.ResourceArn))
    if (!found) throw absent()
    return { LoggingConfiguration: found }
  }

  const retag = (arn: unknown, change: (tags: Entity['tags']) => Entity['tags']) => {
    const entity = records.byArn(arn)
    records.put({ ...entity, tags: change(entity.tags) })
    return {}
  }

  return {
    AssociateWebACL: associate,
    DisassociateWebACL: (input: Input) => {
      records.associations.delete(String(input.ResourceArn))
      return {}
    },
    GetWebACLForResource: forResource,
    ListResourcesForWebACL: (input: Input) => ({
      ResourceArns: records.resourcesOf(records.byArn(input.WebACLArn).arn),
    }),
    PutLoggingConfiguration: putLogging,
    GetLoggingConfiguration: getLogging,
    DeleteLoggingConfiguration: (input: Input) => {
      if (!records.logging.delete(String(input.ResourceArn))) throw absent()
      return {}
    },
    ListLoggingConfigurations: () => ({ LoggingConfigurations: records.logging.list() }),
    ListTagsForResource: (input: Input) => ({
      TagInfoForResource: {
        ResourceARN: input.ResourceARN,
        TagList: records.byArn(input.ResourceARN).tags,
      },
    }),
    TagResource: (input: Input) => {
      const added = (input.Tags ?? []) as Entity['tags']
      const keys = new Set(added.map(tag => tag.Key))
      return retag(input.ResourceARN, tags => [...tags.filter(tag => !keys.has(tag.Key)), ...added])
    },
    UntagResource: (input: Input) => {
      const gone = new Set((input.TagKeys ?? []) as string[])
      return retag(input.ResourceARN, tags => tags.filter(tag => !gone.has(tag.Key)))
    },
  }
}
