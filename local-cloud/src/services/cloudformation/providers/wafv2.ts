import { IP_SET_SETTINGS, WEB_ACL_SETTINGS } from '../../wafv2/settings.ts'
import type { Properties, Provider, ProviderContext } from './provider.ts'
import { type KeyValue, tagChanges } from './values.ts'

interface Read {
  LockToken: string
  [entity: string]: unknown
}

/** `Ref` of a web ACL or set is `name|id|scope`. */
function parts(physicalId: string): { Name: string; Id: string; Scope: string } {
  const [Name = '', Id = '', Scope = ''] = physicalId.split('|')
  return { Name, Id, Scope }
}

/** A web ACL or an IP set: made and changed by operations that are alike. */
function entity(singular: 'WebACL' | 'IPSet', settings: string[]): Provider {
  const read = (physicalId: string, context: ProviderContext) =>
    context.call<Read>('wafv2', `Get${singular}`, parts(physicalId))
  const arnOf = async (physicalId: string, context: ProviderContext) =>
    ((await read(physicalId, context))[singular] as { ARN: string }).ARN
  const inputOf = (properties: Properties) =>
    Object.fromEntries(
      settings
        .filter(name => properties[name] !== undefined)
        .map(name => [name, inApiShape(properties[name])]),
    )
  return {
    recorded: true,
    taggable: true,
    replaceOn: ['Name', 'Scope', ...(singular === 'IPSet' ? ['IPAddressVersion'] : [])],
    nameProperty: 'Name',
    acts: settings,
    create: async (properties, context) => {
      const Name = properties.Name ?? context.generatedName(128)
      const { Summary } = await context.call<{ Summary: { Id: string } }>('wafv2', `Create${singular}`, {
        Name,
        Scope: properties.Scope,
        ...inputOf(properties),
        Tags: properties.Tags ?? [],
      })
      return `${Name}|${Summary.Id}|${properties.Scope}`
    },
    update: async (physicalId, properties, old, context) => {
      const { LockToken } = await read(physicalId, context)
      const input = { ...parts(physicalId), LockToken, ...inputOf(properties) }
      await context.call('wafv2', `Update${singular}`, input)
      const { set, remove } = tagChanges(properties.Tags, old.Tags as KeyValue[])
      const ResourceARN = await arnOf(physicalId, context)
      if (set.length > 0) await context.call('wafv2', 'TagResource', { ResourceARN, Tags: set })
      if (remove.length > 0) await context.call('wafv2', 'UntagResource', { ResourceARN, TagKeys: remove })
    },
    delete: async (physicalId, _, context) => {
      const { LockToken } = await read(physicalId, context)
      await context.call('wafv2', `Delete${singular}`, { ...parts(physicalId), LockToken })
    },
    attributes: async (physicalId, _, context) => {
      const { Name, Id } = parts(physicalId)
      const Arn = await arnOf(physicalId, context)
      const more = { Capacity: '0', LabelNamespace: `awswaf:${context.accountId}:webacl:${Name}:` }
      return { Arn, Id, ...(singular === 'WebACL' ? more : {}) }
    },
    identify: async ({ Name, Scope }, context) => {
      const list = await context.call<Record<string, { Name: string; Id: string }[]>>(
        'wafv2',
        `List${singular}s`,
        { Scope },
      )
      const found = list[`${singular}s`]?.find(one => one.Name === Name)
      return `${Name}|${found?.Id}|${Scope}`
    },
  }
}

/** What is looked for is text in a template and bytes in the API. */
function inApiShape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inApiShape)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'SearchString') return [name, Buffer.from(String(member)).toString('base64')]
      if (name === 'SearchStringBase64') return ['SearchString', member]
      return [name, inApiShape(member)]
    }),
  )
}

const association: Provider = {
  recorded: true,
  replaceOn: ['ResourceArn', 'WebACLArn'],
  create: async ({ ResourceArn, WebACLArn }, context) => {
    await context.call('wafv2', 'AssociateWebACL', { ResourceArn, WebACLArn })
    return `${WebACLArn}|${ResourceArn}`
  },
  delete: (_, { ResourceArn }, context) =>
    context.call('wafv2', 'DisassociateWebACL', { ResourceArn }).then(() => {}),
}

const putLogging = (LoggingConfiguration: Properties, context: ProviderContext) =>
  context.call('wafv2', 'PutLoggingConfiguration', { LoggingConfiguration }).then(() => {})

const logging: Provider = {
  recorded: true,
  replaceOn: ['ResourceArn'],
  create: async (properties, context) => {
    await putLogging(properties, context)
    return String(properties.ResourceArn)
  },
  update: (_, properties, __, context) => putLogging(properties, context),
  delete: (ResourceArn, _, context) =>
    context.call('wafv2', 'DeleteLoggingConfiguration', { ResourceArn }).then(() => {}),
  attributes: () => ({ ManagedByFirewallManager: 'false' }),
}

/** The web application firewall, of which everything is kept and nothing inspects a request. */
export const WAFV2: Record<string, Provider> = {
  'AWS::WAFv2::IPSet': entity('IPSet', IP_SET_SETTINGS),
  'AWS::WAFv2::LoggingConfiguration': logging,
  'AWS::WAFv2::WebACL': entity('WebACL', WEB_ACL_SETTINGS),
  'AWS::WAFv2::WebACLAssociation': association,
}
