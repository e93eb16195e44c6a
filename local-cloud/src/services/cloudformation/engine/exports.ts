import { validationError } from '../errors.ts'
import { evaluate, type Scope } from '../template/intrinsics.ts'
import type { Template } from '../template/model.ts'
import type { Stack, StackOutput } from './model.ts'

/** The outputs of a stack, evaluated. */
export function evaluateOutputs(template: Template, scope: Scope): StackOutput[] {
  return Object.entries(template.outputs)
    .filter(([, output]) => !output.Condition || scope.condition(output.Condition))
    .map(([key, output]) => {
      const value = evaluate(output.Value, scope)
      if (typeof value === 'object' || value === undefined)
        throw validationError(`Template format error: Output ${key} is malformed: its value must be a string`)
      return {
        key,
        value: String(value),
        description: output.Description,
        exportName: output.Export ? String(evaluate(output.Export.Name, scope)) : undefined,
      }
    })
}

/** The value of an export of any stack but those being made for the first time. */
export function exportedValue(stacks: Stack[], name: string): string | undefined {
  return exportsOf(stacks).find(found => found.name === name)?.value
}

export function exportsOf(stacks: Stack[]): { name: string; value: string; stack: Stack }[] {
  return stacks
    .filter(stack => stack.status !== 'DELETE_COMPLETE')
    .flatMap(stack =>
      stack.outputs.flatMap(({ exportName, value }) =>
        exportName ? [{ name: exportName, value, stack }] : [],
      ),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The names of the stacks that import an export. */
export function importersOf(stacks: Stack[], name: string): string[] {
  return stacks.filter(s => s.status !== 'DELETE_COMPLETE' && s.imports.includes(name)).map(s => s.name)
}

/**
 * Refuses outputs that would take away or change an export that another stack uses, or export a name twice.
 * @param outputs what the stack will have; empty when it is deleted
 */
export function checkExports(stacks: Stack[], stack: Stack, outputs: StackOutput[]): void {
  for (const { exportName: name, value } of stack.outputs) {
    if (!name) continue
    const next = outputs.find(output => output.exportName === name)
    const users = importersOf(stacks, name).filter(user => user !== stack.name)
    if (users.length === 0 || next?.value === value) continue
    throw validationError(
      `Cannot ${next ? 'update' : 'delete'} export ${name} as it is in use by ${users.join(', ')}.`,
    )
  }
  const others = exportsOf(stacks).filter(found => found.stack.id !== stack.id)
  for (const { exportName } of outputs)
    if (exportName && others.some(other => other.name === exportName))
      throw validationError(`Export with name ${exportName} is already exported by another stack`)
}
