import type Type from 'typebox'
import { ApiEnvironment, WorkerEnvironment } from './config.ts'

/** `docs/configuration.md`: every variable of the API and the worker, as the schemas have them. */
export function configurationPage(): string {
  const names = Object.keys(ApiEnvironment.properties).sort()
  const rows = names.map(name => {
    const { description = '', pattern, enum: values } = propertyOf(ApiEnvironment, name)
    const form = values ? values.join(', ') : pattern ? `\`${pattern.replaceAll('|', '\\|')}\`` : 'any text'
    const needed = required(ApiEnvironment).includes(name) ? 'yes' : ''
    const read = name in WorkerEnvironment.properties ? 'API, worker' : 'API'
    return `| \`${name}\` | ${read} | ${needed} | ${description.replaceAll('|', '\\|')} | ${form} |`
  })
  return `${HEAD}${rows.join('\n')}\n`
}

const HEAD = `# Configuration of the backend

Made from \`backend/src/config.ts\`; a test keeps the two equal (\`vitest run backend/src/config.test.ts -u\` writes this
page). The processes read their environment once, at start. A variable that is missing or malformed stops the start
with exit code 2 and one line that names every such variable and shows no value. An empty variable counts as absent.

| variable | read by | needed | what it is | form |
|---|---|---|---|---|
`

interface Property {
  description?: string
  pattern?: string
  enum?: string[]
}

function propertyOf(schema: Type.TObject, name: string): Property {
  return schema.properties[name] as Property
}

function required(schema: Type.TObject): readonly string[] {
  return (schema as { required?: string[] }).required ?? []
}
