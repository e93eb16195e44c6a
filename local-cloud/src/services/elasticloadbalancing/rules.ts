import type {
  CreateRuleCommandInput,
  CreateRuleCommandOutput,
  DeleteRuleCommandInput,
  DescribeRulesCommandInput,
  DescribeRulesCommandOutput,
  ModifyRuleCommandInput,
  ModifyRuleCommandOutput,
  Rule,
  SetRulePrioritiesCommandInput,
  SetRulePrioritiesCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { describeAction, readActions } from './actions.ts'
import { describeCondition, readConditions } from './conditions.ts'
import { invalid, refuse, unsupported } from './errors.ts'
import { integer, list, page } from './input.ts'
import type { ActionRecord, RuleRecord } from './model.ts'
import type { Parts } from './parts.ts'
import type { State } from './state.ts'
import { readTags } from './tags.ts'

type Answer<T> = Omit<T, '$metadata'>

/** The operations on rules. A change is what the next request meets. */
export function ruleOperations({ state, plane, context }: Parts): Record<string, Operation> {
  function create(input: CreateRuleCommandInput): Answer<CreateRuleCommandOutput> {
    const listener = state.listener(input.ListenerArn)
    refuseTransforms(input.Transforms)
    const priority = readPriority(input.Priority)
    if (state.rulesOf(listener.arn).some(rule => rule.priority === priority))
      throw refuse('PriorityInUse', `Priority '${priority}' is currently in use`)
    const conditions = readConditions(input.Conditions)
    const action = readActions(input.Actions, state.targetGroup)
    checkAssociation(state, listener.loadBalancerArn, action)
    const tags = readTags(input.Tags)
    const arn = `${listener.arn.replace(':listener/', ':listener-rule/')}/${state.newId()}`
    const rule: RuleRecord = { arn, listenerArn: listener.arn, priority, conditions, action }
    context.store.transaction(() => {
      state.rules.put(arn, rule)
      state.tags.put(arn, tags)
    })
    plane.refresh()
    return { Rules: [describe(rule)] }
  }

  function describeAll(input: DescribeRulesCommandInput): Answer<DescribeRulesCommandOutput> {
    const arns = list(input.RuleArns)
    if (arns.length > 0 === Boolean(input.ListenerArn))
      throw invalid('You must specify either a listener ARN or rule ARNs')
    const found =
      arns.length > 0
        ? arns.map(arn => state.rule(arn))
        : state.rulesOf(state.listener(input.ListenerArn).arn)
    const { items, NextMarker } = page(found, input)
    return { Rules: items.map(describe), NextMarker }
  }

  function modify(input: ModifyRuleCommandInput): Answer<ModifyRuleCommandOutput> {
    const before = state.rule(input.RuleArn)
    refuseTransforms(input.Transforms)
    if (before.priority === 'default')
      throw refuse('OperationNotPermitted', 'Default rules cannot be modified; modify the listener instead')
    const changed = { ...before }
    if (input.Conditions !== undefined) changed.conditions = readConditions(input.Conditions)
    if (input.Actions !== undefined) changed.action = readActions(input.Actions, state.targetGroup)
    const balancer = state.listener(before.listenerArn).loadBalancerArn
    checkAssociation(state, balancer, changed.action)
    state.rules.put(changed.arn, changed)
    plane.refresh()
    return { Rules: [describe(changed)] }
  }

  function remove(input: DeleteRuleCommandInput): object {
    const rule = state.rule(input.RuleArn)
    if (rule.priority === 'default') throw refuse('OperationNotPermitted', 'Default rules cannot be deleted')
    context.store.transaction(() => {
      state.rules.delete(rule.arn)
      state.tags.delete(rule.arn)
    })
    plane.refresh()
    return {}
  }

  function setPriorities(input: SetRulePrioritiesCommandInput): Answer<SetRulePrioritiesCommandOutput> {
    const changed = list(input.RulePriorities).map(pair => {
      const rule = state.rule(pair.RuleArn)
      if (rule.priority === 'default')
        throw refuse('OperationNotPermitted', 'The priority of a default rule cannot be set')
      return { ...rule, priority: readPriority(pair.Priority) }
    })
    if (changed.length === 0) throw invalid('RulePriorities must be specified')
    const arns = new Set(changed.map(rule => rule.arn))
    const rest = state.rules.list().filter(rule => !arns.has(rule.arn))
    const taken = new Set(rest.map(slotOf))
    for (const rule of changed) {
      if (taken.has(slotOf(rule)))
        throw refuse('PriorityInUse', `Priority '${rule.priority}' is currently in use`)
      taken.add(slotOf(rule))
    }
    context.store.transaction(() => {
      for (const rule of changed) state.rules.put(rule.arn, rule)
    })
    plane.refresh()
    return { Rules: changed.map(describe) }
  }

  return {
    CreateRule: create,
    DescribeRules: describeAll,
    ModifyRule: modify,
    DeleteRule: remove,
    SetRulePriorities: setPriorities,
  }
}

function slotOf(rule: RuleRecord): string {
  return `${rule.listenerArn} ${rule.priority}`
}

/** A target group serves one load balancer only. @throws TargetGroupAssociationLimit */
export function checkAssociation(state: State, loadBalancerArn: string, action: ActionRecord): void {
  if (action.type !== 'forward') return
  for (const { arn } of action.groups)
    if (state.usersOf(arn).some(user => user !== loadBalancerArn))
      throw refuse(
        'TargetGroupAssociationLimit',
        `The following target groups cannot be associated with more than one load balancer: ${arn}`,
      )
}

function describe(rule: RuleRecord): Rule {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions.map(describeCondition),
    Actions: [describeAction(rule.action)],
    IsDefault: rule.priority === 'default',
    Transforms: [],
  }
}

function readPriority(priority: number | undefined): number {
  return integer('Priority', priority, { least: 1, most: 50_000 })
}

function refuseTransforms(transforms: unknown[] | undefined): void {
  if (list(transforms).length > 0) throw unsupported('rule transforms')
}
