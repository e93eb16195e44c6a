interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean; description?: string }[]
  responses: Record<string, { description?: string }>
}

interface OpenApi {
  info: { description: string }
  tags?: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
}

/**
 * `docs/api.md`: every route with its parameters and every status it can answer, from the OpenAPI document that the
 * backend serves. Schemas are in `/openapi.json` and on `/reference`.
 */
export function apiPage({ info, tags = [], paths }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  return [
    '# The API',
    '',
    info.description,
    '',
    'Rendered by `make render` from the document that the backend serves at `/openapi.json`, which has the schemas too; `/reference` shows it as a page.',
    '',
    ...tags.flatMap(({ name, description }) => {
      const own = operations.filter(({ operation }) => operation.tags?.[0] === name)
      if (own.length === 0) return []
      return [`## ${capital(name)}`, '', `${description}.`, '', ...own.flatMap(section)]
    }),
  ].join('\n')
}

function section({
  path,
  method,
  operation,
}: {
  path: string
  method: string
  operation: Operation
}): string[] {
  const { summary = '', description, parameters = [], responses } = operation
  return [
    `### ${method.toUpperCase()} ${path}`,
    '',
    ...[summary, description]
      .filter(text => text !== undefined && text !== '')
      .flatMap(text => [`${text}`, '']),
    ...(parameters.length === 0
      ? []
      : [
          '| parameter | in | |',
          '|---|---|---|',
          ...parameters.map(
            ({ name, in: where, required, description: what = '' }) =>
              `| \`${name}\`${required ? '' : ' (optional)'} | ${where} | ${cell(what)} |`,
          ),
          '',
        ]),
    '| status | |',
    '|---|---|',
    ...Object.entries(responses).map(
      ([status, { description: what = '' }]) =>
        `| ${status} | ${what === 'Default Response' ? '' : cell(what)} |`,
    ),
    '',
  ]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
