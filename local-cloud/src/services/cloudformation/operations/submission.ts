import type { CreateChangeSetInput } from '@aws-sdk/client-cloudformation'
import type { ServiceContext } from '../../../core/service.ts'
import { lookUpParameter } from '../engine/dynamic-sources.ts'
import { exportedValue } from '../engine/exports.ts'
import type { OnFailure, Operation, Stack, Target } from '../engine/model.ts'
import { createScope } from '../engine/scope.ts'
import type { State } from '../engine/state.ts'
import { validationError } from '../errors.ts'
import { checkCapabilities } from '../template/capabilities.ts'
import { checkTemplate } from '../template/check.ts'
import { dependencyGraph } from '../template/graph.ts'
import type { Template } from '../template/model.ts'
import { resolveParameters } from '../template/parameters.ts'
import { parseTemplate } from '../template/parse.ts'
import { list, truth } from './input.ts'
import { createReadTemplate } from './template-body.ts'

/** What requests that change a stack have in common. */
export type Submission = Pick<
  CreateChangeSetInput,
  | 'TemplateBody'
  | 'TemplateURL'
  | 'UsePreviousTemplate'
  | 'Parameters'
  | 'Capabilities'
  | 'Tags'
  | 'NotificationARNs'
>

export interface Prepared {
  template: Template
  target: Target
}

export type Prepare = (submission: Submission, stack: Stack | undefined) => Promise<Prepared>

/** Checks all of a submitted template that can be checked before anything is made. */
export function createPrepare(
  context: ServiceContext,
  state: State,
  knows: (type: string) => boolean,
): Prepare {
  const readTemplate = createReadTemplate(context)

  async function bodyOf(submission: Submission, stack: Stack | undefined): Promise<string> {
    if (!truth(submission.UsePreviousTemplate)) return readTemplate(submission)
    if (!stack?.current.templateBody)
      throw validationError('UsePreviousTemplate: the stack has no template yet')
    return stack.current.templateBody
  }

  return async (submission, stack) => {
    const templateBody = await bodyOf(submission, stack)
    const template = parseTemplate(templateBody)
    checkTemplate(template, knows)
    const capabilities = list<string>(submission.Capabilities)
    checkCapabilities(template, capabilities)
    const parameters = await resolveParameters(
      template.parameters,
      list(submission.Parameters),
      stack?.current.parameters ?? [],
      name => lookUpParameter(context.invoke, name),
    )
    const tags = submission.Tags === undefined && stack ? stack.current.tags : list(submission.Tags)
    const target: Target = {
      templateBody,
      parameters,
      tags: tags.map(({ Key = '', Value = '' }) => ({ Key, Value })),
      capabilities,
      description: template.description,
      notificationArns: list(submission.NotificationARNs),
    }
    // Conditions and cycles that depend on them can be told now that the parameters are known.
    const scope = createScope({
      template,
      parameters,
      stackId: stack?.id ?? '',
      stackName: stack?.name ?? '',
      notificationArns: [],
      accountId: context.accountId,
      region: context.region,
      resource: () => undefined,
      attribute: () => undefined,
      exported: name => exportedValue(state.all(), name),
    })
    for (const name of Object.keys(template.conditions)) scope.condition(name)
    const graph = dependencyGraph(template, scope.condition)
    if (Object.keys(graph).length === 0)
      throw validationError('Template format error: no resource remains under the conditions of the template')
    return { template, target }
  }
}

/** The operation that a prepared submission begins. */
export function operationOf(
  kind: 'CREATE' | 'UPDATE',
  target: Target,
  state: State,
  stack: Stack,
  options: { onFailure?: OnFailure; retainExceptOnCreate?: boolean | string; token?: string },
): Operation {
  return {
    kind,
    phase: 'forward',
    target,
    onFailure: options.onFailure ?? 'ROLLBACK',
    retainExceptOnCreate: truth(options.retainExceptOnCreate),
    retain: [],
    before: kind === 'UPDATE' ? state.resources(stack) : [],
    token: options.token,
  }
}
