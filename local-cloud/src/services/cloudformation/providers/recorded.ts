import type { Provider, ProviderContext } from './provider.ts'
import { type Known, RECORDED_LIST, type RecordedType } from './recorded-types.ts'

/** The types that are recorded, never enforced: an id, attributes in AWS's shape, and the stack's word that it is so. */
export const RECORDED_TYPES: Record<string, Provider> = Object.fromEntries(
  Object.entries(RECORDED_LIST).map(([type, definition]) => [type, recordedProvider(definition)]),
)

function recordedProvider({ ref, attributes = {}, name, id, replaceOn = [] }: RecordedType): Provider {
  const given = ({ properties, generated, token }: Known): string => {
    if (name && properties[name] !== undefined) return String(properties[name])
    if (id === 'uuid') return token.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
    return id === 'hex' ? token : generated
  }
  const known = (properties: Record<string, unknown>, context: ProviderContext): Known => {
    const { region, accountId, token } = context
    const base = { properties, region, accountId, token, generated: context.generatedName(128), id: '' }
    return { ...base, id: given(base) }
  }
  return {
    recorded: true,
    replaceOn: name && !replaceOn.includes(name) ? [name, ...replaceOn] : replaceOn,
    nameProperty: name,
    create: async (properties, context) => {
      const facts = known(properties, context)
      return ref ? String(ref(facts)) : facts.id
    },
    update: async () => {},
    delete: async () => {},
    attributes: (_, properties, context) => {
      const facts = known(properties, context)
      return Object.fromEntries(Object.entries(attributes).map(([key, format]) => [key, format(facts)]))
    },
  }
}
