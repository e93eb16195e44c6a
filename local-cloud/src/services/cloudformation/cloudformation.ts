import type { Service, ServiceContext } from '../../core/service.ts'
import { driftOperations } from './drift/operations.ts'
import type { Reader } from './drift/reader.ts'
import { READERS } from './drift/readers.ts'
import { createEngine } from './engine/engine.ts'
import { createPlanner } from './engine/planner.ts'
import { createState } from './engine/state.ts'
import { changeSetOperations } from './operations/change-sets.ts'
import { resourceOperations } from './operations/resources.ts'
import { stackOperations } from './operations/stacks.ts'
import { createPrepare } from './operations/submission.ts'
import { createReadTemplate } from './operations/template-body.ts'
import { templateOperations } from './operations/templates.ts'
import type { Provider } from './providers/provider.ts'
import { PROVIDERS } from './providers/providers.ts'

/**
 * CloudFormation: stacks and change sets over the other services of this cloud.
 * @param providers the resource types that exist, by name; tests add their own
 * @param readers how what became of a resource is read back, by type; types without are not checked for drift
 */
export function createCloudFormation(
  context: ServiceContext,
  providers: Record<string, Provider> = PROVIDERS,
  readers: Record<string, Reader> = READERS,
): Service {
  const knows = (type: string) => type in providers
  const provider = (type: string) => {
    const found = providers[type]
    if (!found) throw new Error(`the local cloud has no resource type ${type}`)
    return found
  }
  const state = createState(context)
  const engine = createEngine(context, state, provider)
  const planner = createPlanner(context, state, provider)
  const prepare = createPrepare(context, state, knows)
  const changeSets = changeSetOperations(context, state, engine, prepare, planner)
  const drift = driftOperations(context, state, readers)
  return {
    name: 'cloudformation',
    protocol: 'query',
    apiVersion: '2010-05-15',
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    operations: {
      ...stackOperations(context, state, engine, prepare, planner.isUnchanged),
      ...changeSets.operations,
      ...resourceOperations(state),
      ...templateOperations(state, knows, changeSets.body, createReadTemplate(context)),
      ...drift.operations,
    },
    start: () => {
      changeSets.resume()
      drift.resume()
      engine.resume()
    },
    stop: () => engine.stop(),
  }
}
