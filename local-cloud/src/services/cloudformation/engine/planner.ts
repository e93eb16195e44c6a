import type { ServiceContext } from '../../../core/service.ts'
import type { Provider } from '../providers/provider.ts'
import { same } from '../providers/values.ts'
import { parseTemplate } from '../template/parse.ts'
import { attributeOf } from './desired.ts'
import { evaluateOutputs, exportedValue } from './exports.ts'
import type { Stack, Target } from './model.ts'
import { type PlannedChange, type PlanOptions, plan } from './plan.ts'
import { createScope } from './scope.ts'
import type { State } from './state.ts'

export interface Planner {
  /** What making a stack into `target` would do to its resources. */
  plan(stack: Stack, target: Target): PlannedChange[]
  /** Whether a target asks for nothing new: the same resources, outputs, tags and protection from deletion. */
  isUnchanged(stack: Stack, target: Target): boolean
}

/** Compares targets with the stacks as they are. */
export function createPlanner(
  context: ServiceContext,
  state: State,
  provider: (type: string) => Provider,
): Planner {
  function scopeFor(stack: Stack, target: Target): PlanOptions['scope'] {
    return resources =>
      createScope({
        template: parseTemplate(target.templateBody),
        parameters: target.parameters,
        stackId: stack.id,
        stackName: stack.name,
        notificationArns: target.notificationArns,
        accountId: context.accountId,
        region: context.region,
        resource: resources.resource,
        attribute: resources.attribute,
        exported: name => exportedValue(state.all(), name),
      })
  }

  function planOf(stack: Stack, target: Target): PlannedChange[] {
    return plan({
      template: parseTemplate(target.templateBody),
      current: state.resources(stack),
      stackTags: target.tags,
      provider,
      changedParameters: changedParameters(stack, target),
      scope: scopeFor(stack, target),
    })
  }

  function isUnchanged(stack: Stack, target: Target): boolean {
    if (stack.status.endsWith('_FAILED') || !same(stack.current.tags, target.tags)) return false
    if (planOf(stack, target).length > 0) return false
    const template = parseTemplate(target.templateBody)
    const scope = scopeFor(
      stack,
      target,
    )({
      resource: id => state.resource(stack, id)?.physicalId,
      attribute: (id, name) => {
        const resource = state.resource(stack, id)
        return resource && attributeOf(resource, name)
      },
    })
    return same(evaluateOutputs(template, scope), stack.outputs)
  }

  return { plan: planOf, isUnchanged }
}

function changedParameters(stack: Stack, target: Target): ReadonlySet<string> {
  const before = new Map(stack.current.parameters.map(parameter => [parameter.key, parameter]))
  return new Set(target.parameters.filter(p => !same(before.get(p.key), p)).map(p => p.key))
}
