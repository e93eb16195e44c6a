import { AwsError } from '../../core/aws-error.ts'
import type { Operation } from '../../core/service.ts'
import { filtersOf, type Input, many, tagList } from './input.ts'
import { KINDS, type Kind, type Records } from './records.ts'

/** Tags of anything that EC2 records. */
export function tagOperations(records: Records): Record<string, Operation> {
  function kindOf(id: string): Kind {
    const kind = KINDS.find(({ prefix }) => id.startsWith(`${prefix}-`))
    if (!kind) throw new AwsError('InvalidID', `The ID '${id}' is not valid`)
    return kind
  }

  function createTags(input: Input) {
    const tags = tagList(many<Input>(input, 'Tags', 'Tag'))
    const keys = new Set(tags.map(({ key }) => key))
    for (const id of many(input, 'Resources', 'ResourceId')) {
      const kept = records.get(kindOf(id), id).tagSet.filter(({ key }) => !keys.has(key))
      records.update(kindOf(id), id, { tagSet: [...kept, ...tags] })
    }
    return { return: true }
  }

  function deleteTags(input: Input) {
    const keys = new Set(many<Input>(input, 'Tags', 'Tag').map(tag => String(tag.Key)))
    for (const id of many(input, 'Resources', 'ResourceId')) {
      const { tagSet } = records.get(kindOf(id), id)
      records.update(kindOf(id), id, { tagSet: tagSet.filter(({ key }) => keys.size > 0 && !keys.has(key)) })
    }
    return { return: true }
  }

  function describeTags(input: Input) {
    const all = KINDS.flatMap(kind =>
      records.list(kind).flatMap(record =>
        record.tagSet.map(({ key, value }) => ({
          resourceId: String(record[kind.idMember]),
          resourceType: kind.name,
          key,
          value,
        })),
      ),
    )
    const columns = {
      'resource-id': 'resourceId',
      'resource-type': 'resourceType',
      key: 'key',
      value: 'value',
    } as const
    const tagSet = filtersOf(input).reduce((left, { name, values }) => {
      const column = columns[name as keyof typeof columns]
      if (!column) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
      return left.filter(tag => values.includes(tag[column]))
    }, all)
    return { tagSet }
  }

  return { CreateTags: createTags, DeleteTags: deleteTags, DescribeTags: describeTags }
}
