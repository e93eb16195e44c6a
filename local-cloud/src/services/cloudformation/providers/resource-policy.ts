import type { Properties, Provider, ProviderContext } from './provider.ts'
import { policyText } from './values.ts'

/**
 * A policy document that a template writes into several resources, and that is itself no more than a name.
 * @param list the property that names the resources
 * @param set writes the policy into one of them, or takes it away where it is ''
 */
export function policyOfSeveral(
  list: string,
  acts: string[],
  set: (context: ProviderContext, resource: string, policy: string) => Promise<unknown>,
): Provider {
  const named = (properties: Properties) => (properties[list] ?? []) as string[]
  async function write(now: Properties, old: Properties, context: ProviderContext): Promise<void> {
    for (const resource of named(now)) await set(context, resource, policyText(now.PolicyDocument))
    for (const resource of named(old)) if (!named(now).includes(resource)) await set(context, resource, '')
  }
  return {
    replaceOn: [],
    acts,
    create: async (properties, context) => {
      const id = context.generatedName(80)
      context.made(id)
      await write(properties, {}, context)
      return id
    },
    update: (_, properties, old, context) => write(properties, old, context),
    delete: (_, properties, context) => write({}, properties, context),
    attributes: id => ({ Id: id }),
  }
}
