import type {
  ContextEntry,
  EvaluationResult,
  PolicySourceType,
  SimulateCustomPolicyRequest,
  SimulatePolicyResponse,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam'
import type { Operation } from '../../core/service.ts'
import { policiesOfPrincipal } from './authorize.ts'
import { type AccessRequest, evaluate, type PolicyDocument, statementsOf } from './evaluate.ts'
import { type IamState, list, parsePolicy } from './model.ts'
import { pageOf } from './pages.ts'

/** The policy simulator, by the same evaluation that decides. */
export function simulateOperations(state: IamState): Record<string, Operation> {
  function simulatePrincipalPolicy(input: SimulatePrincipalPolicyRequest): SimulatePolicyResponse {
    const { names, documents, boundary } = policiesOfPrincipal(state, input.PolicySourceArn)
    const added = list<string>(input.PolicyInputList)
    return simulate(
      input,
      [...documents, ...added.map(parsePolicy)],
      [...names, ...added.map((_, index) => `PolicyInputList.${index + 1}`)],
      boundary,
    )
  }

  function simulateCustomPolicy(input: SimulateCustomPolicyRequest): SimulatePolicyResponse {
    const texts = list<string>(input.PolicyInputList)
    const names = texts.map((_, index) => `PolicyInputList.${index + 1}`)
    return simulate(input, texts.map(parsePolicy), names)
  }

  return { SimulatePrincipalPolicy: simulatePrincipalPolicy, SimulateCustomPolicy: simulateCustomPolicy }
}

function simulate(
  input: SimulatePrincipalPolicyRequest | SimulateCustomPolicyRequest,
  documents: PolicyDocument[],
  names: string[],
  boundary?: PolicyDocument,
): SimulatePolicyResponse {
  const context = contextOf(list<ContextEntry>(input.ContextEntries))
  const resources = list<string>(input.ResourceArns)
  const missing = missingKeys([...documents, ...(boundary ? [boundary] : [])], context)
  const results = list<string>(input.ActionNames).flatMap(action =>
    (resources.length > 0 ? resources : ['*']).map((resource): EvaluationResult => {
      const { decision, matched } = evaluate(documents, { action, resource, context }, boundary)
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decision,
        MatchedStatements: matched.map(({ policy }) => ({
          SourcePolicyId: names[policy],
          SourcePolicyType: 'IAM Policy' as PolicySourceType,
        })),
        MissingContextValues: missing,
      }
    }),
  )
  const { items, ...rest } = pageOf(results, input)
  return { EvaluationResults: items, ...rest }
}

function contextOf(entries: ContextEntry[]): AccessRequest['context'] {
  return Object.fromEntries(
    entries.map(({ ContextKeyName = '', ContextKeyValues }) => {
      const values = list<string>(ContextKeyValues)
      return [ContextKeyName, values.length === 1 ? (values[0] as string) : values]
    }),
  )
}

/** The condition keys that the policies ask for and the request does not tell. */
function missingKeys(documents: PolicyDocument[], context: AccessRequest['context']): string[] {
  const told = new Set(Object.keys(context).map(key => key.toLowerCase()))
  const asked = documents
    .flatMap(statementsOf)
    .flatMap(({ Condition }) => Object.values(Condition ?? {}).flatMap(keys => Object.keys(keys)))
  return [...new Set(asked)].filter(key => !told.has(key.toLowerCase()))
}
