import type { Given } from './facts.ts'
import type { Schema } from './wire.ts'

/**
 * Fills a response schema from facts: objects by their properties, a list of objects with one for each fact, texts with
 * wordings, numbers with the facts' own. What no fact can fill is left out where the schema lets it.
 */
export function fillSchema(schema: Schema, facts: Given[], word: (facts: Given[]) => string): unknown {
  return fill(schema, '', facts)

  function fill(given: Schema, name: string, subject: Given[]): unknown {
    const part = resolve(given)
    if (part.enum) return chosen(part.enum, subject)
    switch (typeOf(part)) {
      case 'object':
        return Object.fromEntries(
          Object.entries(part.properties ?? {}).flatMap(([key, property]) => {
            const value = fill(property, key, subject)
            return value === undefined && !part.required?.includes(key) ? [] : [[key, value ?? null]]
          }),
        )
      case 'array':
        return list(part, name, subject)
      case 'string':
        return text(part, name, subject)
      case 'number':
      case 'integer':
        return number(part, subject)
      case 'boolean':
        return subject.length > 0
      default:
        return null
    }
  }

  function list(part: Schema, name: string, subject: Given[]): unknown[] {
    const items = resolve(part.items ?? { type: 'string' })
    const most = Number(part.maxItems ?? 100)
    const type = typeOf(items)
    const all =
      type === 'number' || type === 'integer'
        ? subject.flatMap(({ numbers }) => numbers)
        : type === 'string' && ID.test(name)
          ? subject.map(({ id }) => id)
          : subject.map(fact => fill(items, name, [fact]))
    if (all.length === 0 && Number(part.minItems ?? 0) > 0) return [fill(items, name, subject)]
    return all.slice(0, most)
  }

  function text(part: Schema, name: string, subject: Given[]): string | undefined {
    if (part.format) return undefined
    if (ID.test(name)) return subject[0]?.id
    const most = Number(part.maxLength ?? Number.POSITIVE_INFINITY)
    let told = subject
    while (word(told).length > most && told.length > 1) told = told.slice(0, -1)
    return word(told).slice(0, most)
  }

  function number({ minimum, maximum }: Schema, [fact]: Given[]): number | undefined {
    const value = fact?.value ?? fact?.numbers[0]
    if (value === undefined) return undefined
    return Math.min(maximum ?? value, Math.max(minimum ?? value, value))
  }

  function resolve(part: Schema): Schema {
    const to = part.$ref?.replace('#/$defs/', '')
    if (to !== undefined) return resolve(schema.$defs?.[to] ?? {})
    const options = part.anyOf ?? part.oneOf
    return options ? resolve(options.find(option => typeOf(option) !== 'null') ?? {}) : part
  }
}

/** Names of fields that hold ids of facts rather than text. */
const ID = /(^|_)ids?$|Ids?$|^(citations|sources|evidence)$/

/** In lower case; the first that is not null. Without a type, what the keywords speak of. */
export function typeOf({ type, properties, items }: Schema): string {
  const named = [type ?? []].flat().map(name => name.toLowerCase())
  return (
    named.find(name => name !== 'null') ?? (properties ? 'object' : items ? 'array' : (named[0] ?? 'string'))
  )
}

/** The value that the facts speak of, else the first. */
function chosen(values: unknown[], subject: Given[]): unknown {
  const said = subject.map(fact => `${fact.text} ${fact.unit ?? ''}`.toLowerCase()).join(' ')
  return values.find(value => said.includes(String(value).toLowerCase().replaceAll('_', ' '))) ?? values[0]
}
