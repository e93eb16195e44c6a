import type {
  GetTemplateInput,
  GetTemplateOutput,
  GetTemplateSummaryInput,
  GetTemplateSummaryOutput,
  ListExportsInput,
  ListExportsOutput,
  ListImportsInput,
  ListImportsOutput,
  ValidateTemplateInput,
  ValidateTemplateOutput,
} from '@aws-sdk/client-cloudformation'
import type { Operation as Handler } from '../../../core/service.ts'
import { exportsOf, importersOf } from '../engine/exports.ts'
import type { State } from '../engine/state.ts'
import { validationError } from '../errors.ts'
import { requiredCapability } from '../template/capabilities.ts'
import { checkTemplate } from '../template/check.ts'
import type { Template } from '../template/model.ts'
import { isSecret } from '../template/parameters.ts'
import { parseTemplate } from '../template/parse.ts'
import { page } from './input.ts'
import type { ReadTemplate } from './template-body.ts'

const PAGE = 100

/** What templates say, and what stacks export to each other. */
export function templateOperations(
  state: State,
  knows: (type: string) => boolean,
  changeSetBody: (name: string, stackName?: string) => string,
  readTemplate: ReadTemplate,
): Record<string, Handler> {
  function getTemplate(input: GetTemplateInput): GetTemplateOutput {
    const { StackName, ChangeSetName } = input
    const TemplateBody = ChangeSetName
      ? changeSetBody(ChangeSetName, StackName)
      : state.get(StackName).current.templateBody
    return { TemplateBody, StagesAvailable: ['Original', 'Processed'] }
  }

  async function getTemplateSummary(input: GetTemplateSummaryInput): Promise<GetTemplateSummaryOutput> {
    const template = parseTemplate(
      input.StackName ? state.get(input.StackName).current.templateBody : await readTemplate(input),
    )
    const types = Object.values(template.resources).map(({ Type }) => Type)
    return {
      ...capabilitiesOf(template),
      Description: template.description,
      Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
      Parameters: Object.entries(template.parameters).map(([ParameterKey, definition]) => ({
        ParameterKey,
        DefaultValue: definition.Default === undefined ? undefined : String(definition.Default),
        ParameterType: definition.Type,
        NoEcho: isSecret(definition),
        Description: definition.Description,
        ParameterConstraints: { AllowedValues: (definition.AllowedValues ?? []).map(String) },
      })),
      ResourceTypes: [...new Set(types)],
      Version: '2010-09-09',
    }
  }

  async function validateTemplate(input: ValidateTemplateInput): Promise<ValidateTemplateOutput> {
    const template = parseTemplate(await readTemplate(input))
    checkTemplate(template, knows)
    return {
      ...capabilitiesOf(template),
      Description: template.description,
      Parameters: Object.entries(template.parameters).map(([ParameterKey, definition]) => ({
        ParameterKey,
        DefaultValue: definition.Default === undefined ? undefined : String(definition.Default),
        NoEcho: isSecret(definition),
        Description: definition.Description,
      })),
    }
  }

  function listExports(input: ListExportsInput): ListExportsOutput {
    const { items, next } = page(exportsOf(state.all()), input.NextToken, PAGE)
    return {
      Exports: items.map(({ name, value, stack }) => ({
        ExportingStackId: stack.id,
        Name: name,
        Value: value,
      })),
      NextToken: next,
    }
  }

  function listImports(input: ListImportsInput): ListImportsOutput {
    const users = importersOf(state.all(), input.ExportName ?? '')
    if (users.length === 0)
      throw validationError(`Export '${input.ExportName}' is not imported by any stack.`)
    const { items, next } = page(users, input.NextToken, PAGE)
    return { Imports: items, NextToken: next }
  }

  return {
    GetTemplate: getTemplate,
    GetTemplateSummary: getTemplateSummary,
    ValidateTemplate: validateTemplate,
    ListExports: listExports,
    ListImports: listImports,
  }
}

function capabilitiesOf(
  template: Template,
): Pick<ValidateTemplateOutput, 'Capabilities' | 'CapabilitiesReason'> {
  const required = requiredCapability(template)
  if (!required) return { Capabilities: [] }
  return {
    Capabilities: [required.capability as 'CAPABILITY_IAM'],
    CapabilitiesReason: `The following resource(s) require capabilities: [${required.types.join(', ')}]`,
  }
}
