/** What the expressions of a workflow can name: `github.ref`, `inputs.digest`, `needs.build.outputs.digest`. */
export type Scope = Record<string, unknown>

/**
 * A text of a workflow with its `${{ … }}` filled in. Only what our workflows use is known: names joined by dots.
 * @throws Error naming an expression that is anything else
 */
export function fill(text: string, scope: Scope): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, path: string) => `${lookUp(path, scope) ?? ''}`)
}

/**
 * Whether a job or step runs: `always()`, `failure()`, or `<name> == '<text>'`; without a condition, when nothing
 * before it failed.
 * @throws Error naming a condition that is anything else
 */
export function holds(condition: string | undefined, scope: Scope, failed: boolean): boolean {
  if (condition === undefined) return !failed
  if (condition === 'always()') return true
  if (condition === 'failure()') return failed
  const [, path, text] = /^([\w.-]+) == '([^']*)'$/.exec(condition) ?? []
  if (path === undefined) throw new Error(`this rehearsal does not know the condition '${condition}'`)
  return !failed && lookUp(path, scope) === text
}

function lookUp(path: string, scope: Scope): unknown {
  if (!/^[\w-]+(\.[\w-]+)*$/.test(path))
    throw new Error(`this rehearsal does not know the expression '${path}'`)
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], scope)
}
