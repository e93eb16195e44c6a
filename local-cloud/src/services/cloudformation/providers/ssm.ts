import type { Provider } from './provider.ts'
import { defined, tagChanges } from './values.ts'

type ParameterProperties = {
  Name?: string
  Type?: string
  Value?: string
  Description?: string
  AllowedPattern?: string
  Tier?: string
  DataType?: string
  /** A map here, unlike nearly everywhere else. */
  Tags?: Record<string, string>
}

const parameter: Provider<ParameterProperties> = {
  replaceOn: ['Name'],
  acts: ['Type', 'Value', 'Description', 'AllowedPattern', 'Tier', 'DataType'],
  nameProperty: 'Name',
  create: async ({ Name: given, Tags, ...rest }, context) => {
    const Name = given ?? context.generatedName(1011)
    const tags = list(Tags)
    await context.call('ssm', 'PutParameter', { ...rest, Name, ...(tags.length > 0 ? { Tags: tags } : {}) })
    return Name
  },
  update: async (Name, { Tags, ...rest }, old, context) => {
    await context.call('ssm', 'PutParameter', { ...defined(rest), Name, Overwrite: true })
    const { set, remove } = tagChanges(list(Tags), list(old.Tags))
    const target = { ResourceType: 'Parameter', ResourceId: Name }
    if (set.length > 0) await context.call('ssm', 'AddTagsToResource', { ...target, Tags: set })
    if (remove.length > 0) await context.call('ssm', 'RemoveTagsFromResource', { ...target, TagKeys: remove })
  },
  delete: (Name, _, context) => context.call('ssm', 'DeleteParameter', { Name }).then(() => {}),
  attributes: (_, { Type, Value }) => ({ Type, Value }),
}

function list(tags: Record<string, string> = {}) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Parameter Store. */
export const SSM: Record<string, Provider> = { 'AWS::SSM::Parameter': parameter }
