import { typeOf } from './shape.ts'
import type { FunctionDeclaration, GenerateRequest, Part, Schema } from './wire.ts'

/**
 * The functions that a question asks for, chosen by the words that question and declaration share, with arguments taken
 * from the question alone; one call for each value of a list that the question names.
 * @returns nothing where no declaration fits, or where the question does not give what a function needs
 */
export function functionCalls(request: GenerateRequest, question: string): Part[] {
  const { mode = 'AUTO', allowedFunctionNames } = request.toolConfig?.functionCallingConfig ?? {}
  const declared = (request.tools ?? [])
    .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
    .filter(({ name }) => mode !== 'ANY' || (allowedFunctionNames?.includes(name) ?? true))
  if (mode === 'NONE' || declared.length === 0) return []
  const asked = wordsOf(question)
  const ranked = declared
    .map(declaration => ({ declaration, score: shared(asked, declaration) }))
    .sort((a, b) => b.score - a.score)
  const best = ranked[0]
  if (!best || (best.score === 0 && mode !== 'ANY')) return []
  const { name } = best.declaration
  return argumentSets(parametersOf(best.declaration), question, mode === 'ANY').map(args => ({
    functionCall: { name, args },
  }))
}

function parametersOf({ parameters, parametersJsonSchema }: FunctionDeclaration): Schema {
  return parameters ?? parametersJsonSchema ?? {}
}

function shared(asked: Set<string>, declaration: FunctionDeclaration): number {
  const values = Object.values(parametersOf(declaration).properties ?? {}).flatMap(itemsOf)
  const offered = wordsOf([declaration.name, declaration.description ?? '', ...values].join(' '))
  return [...asked].filter(word => offered.has(word)).length
}

const COMMON = new Set(
  'the and for was were are did does how what which when who much many get give tell about over with'.split(
    ' ',
  ),
)

function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? []
  return new Set(words.filter(word => !COMMON.has(word)).map(word => word.replace(/s$/, '')))
}

function itemsOf(schema: Schema): string[] {
  return (schema.enum ?? schema.items?.enum ?? []).map(String)
}

function argumentSets(parameters: Schema, question: string, forced: boolean): Record<string, unknown>[] {
  const dates = question.match(/\b\d{4}-\d{2}-\d{2}\b/g) ?? []
  const counts = (question.replace(/\d{4}-\d{2}-\d{2}/g, '').match(/\b\d+\b/g) ?? []).map(Number)
  let sets: Record<string, unknown>[] = [{}]
  for (const [name, schema] of Object.entries(parameters.properties ?? {})) {
    const values = argumentValues(name, schema)
    const needed = parameters.required?.includes(name)
    if (values.length === 0 && needed && !forced) return []
    if (values.length === 0) {
      if (needed) sets = sets.map(set => ({ ...set, [name]: itemsOf(schema)[0] ?? '' }))
      continue
    }
    sets = values.flatMap(value => sets.map(set => ({ ...set, [name]: value })))
  }
  return sets

  function argumentValues(name: string, schema: Schema): unknown[] {
    const type = typeOf(schema)
    const mentioned = itemsOf(schema).filter(value => mentions(question, value))
    if (type === 'array') return mentioned.length > 0 ? [mentioned] : []
    if (schema.enum) return mentioned
    if (type === 'number' || type === 'integer') return counts.splice(0, 1)
    if (schema.format === 'date' || /(^|_)(from|to|start|end|date|day|since|until)($|_)/.test(name))
      return dates.splice(0, 1)
    return /question|query|text/.test(name) ? [question] : []
  }
}

function mentions(question: string, value: string): boolean {
  const asked = wordsOf(question)
  const words = [...wordsOf(value.replaceAll('_', ' '))]
  return words.length > 0 && words.every(word => asked.has(word))
}
