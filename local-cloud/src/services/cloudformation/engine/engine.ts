import type { ServiceContext } from '../../../core/service.ts'
import { reasonOf } from '../errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { Scope } from '../template/intrinsics.ts'
import type { Template } from '../template/model.ts'
import { parseTemplate } from '../template/parse.ts'
import { backward } from './backward.ts'
import { attributeOf } from './desired.ts'
import { checkExports, evaluateOutputs, exportedValue } from './exports.ts'
import { type ForwardFailures, forward } from './forward.ts'
import type { Operation, Stack, Target } from './model.ts'
import { createRemoval } from './removal.ts'
import { createResourceWork } from './resource-work.ts'
import { createScope } from './scope.ts'
import type { State } from './state.ts'

/** How long stopping the cloud waits for steps that are under way. */
const STOP_MS = 1000

export interface Engine {
  /** Begins an operation in the background; the stack is `…_IN_PROGRESS` when this returns. */
  begin(stack: Stack, operation: Operation, reason?: string): void
  /** Takes up what was under way when the cloud ended. */
  resume(): void
  stop(): Promise<void>
}

class Halted extends Error {}

/** Runs the operations of stacks: forward, back again on failure, and the removal of what is left over. */
export function createEngine(
  context: ServiceContext,
  state: State,
  provider: (type: string) => Provider,
): Engine {
  let stopping = false
  const running = new Set<Promise<void>>()
  const halted = () => {
    if (stopping) throw new Halted('the cloud is stopping')
  }
  const work = createResourceWork(context, state, provider)
  const removal = createRemoval(state, work, halted)
  const parts = { state, work, provider, halted }

  function begin(stack: Stack, operation: Operation, reason = 'User Initiated'): void {
    stack.operation = operation
    if (operation.kind === 'CREATE') stack.current = operation.target
    else stack.updatedAt = context.clock.now()
    state.turn(stack, `${operation.kind}_IN_PROGRESS`, reason)
    launch(stack)
  }

  function resume(): void {
    for (const stack of state.all()) if (stack.operation) launch(stack)
  }

  function launch(stack: Stack): void {
    const run = (async () => {
      // The answer to the request goes out first, as on AWS.
      await context.clock.sleep(0)
      try {
        await proceed(stack, stack.operation as Operation)
      } catch (error) {
        if (stopping) return
        context.log('cloudformation', 'a stack operation broke off', {
          stack: stack.name,
          error: reasonOf(error),
        })
        finish(stack, `${stack.status.replace('_IN_PROGRESS', '')}_FAILED`, reasonOf(error))
      }
    })().finally(() => running.delete(run))
    running.add(run)
  }

  async function proceed(stack: Stack, operation: Operation): Promise<void> {
    halted()
    if (operation.kind === 'DELETE') return remove(stack, operation)
    if (operation.phase === 'forward') {
      const reason = await goForward(stack, operation)
      halted()
      if (reason !== undefined) {
        if (operation.onFailure === 'DO_NOTHING') return finish(stack, `${operation.kind}_FAILED`, reason)
        operation.phase = 'rollback'
        const status = operation.kind === 'CREATE' ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS'
        state.turn(stack, status, `${reason} Rollback requested by user.`)
      }
    }
    if (operation.phase === 'rollback') return goBack(stack, operation)
    await cleanUp(stack, operation)
  }

  /** @returns why it failed, or undefined: then the cleanup follows */
  async function goForward(stack: Stack, operation: Operation): Promise<string | undefined> {
    const imports = new Set<string>()
    try {
      const template = parseTemplate(operation.target.templateBody)
      const scope = scopeOf(stack, operation.target, template, name => imports.add(name))
      const failures = await forward(parts, stack, operation, template, scope)
      halted()
      const reason = failureText(failures)
      if (reason) return reason
      const outputs = evaluateOutputs(template, scope)
      checkExports(state.all(), stack, outputs)
      const kept = new Set(
        Object.entries(template.resources)
          .filter(([, r]) => !r.Condition || scope.condition(r.Condition))
          .map(([id]) => id),
      )
      state.transaction(() => {
        for (const resource of state.resources(stack)) {
          if (kept.has(resource.logicalId)) continue
          state.putLeftover(stack, { ...resource, cause: 'removed' })
          state.dropResource(stack, resource.logicalId)
        }
        Object.assign(stack, { outputs, imports: [...imports], current: operation.target })
        operation.phase = 'cleanup'
        state.save(stack)
      })
      return undefined
    } catch (error) {
      halted()
      return reasonOf(error)
    }
  }

  async function cleanUp(stack: Stack, operation: Operation): Promise<void> {
    if (operation.kind === 'CREATE') return finish(stack, 'CREATE_COMPLETE')
    if (stack.status !== 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS')
      state.turn(stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS')
    const failed = await removal.leftovers(stack)
    halted()
    finish(
      stack,
      'UPDATE_COMPLETE',
      failed.length > 0
        ? `Update successful. One or more resources could not be deleted: [${failed.join(', ')}].`
        : undefined,
    )
  }

  async function goBack(stack: Stack, operation: Operation): Promise<void> {
    if (operation.kind === 'CREATE') {
      const failed = await removal.resources(
        stack,
        state.resources(stack),
        ({ deletionPolicy }) => deletionPolicy === 'Retain' && !operation.retainExceptOnCreate,
      )
      halted()
      if (failed.length > 0) return finish(stack, 'ROLLBACK_FAILED', failedToDelete(failed))
      if (operation.onFailure === 'DELETE') return finish(stack, 'DELETE_COMPLETE')
      return finish(stack, 'ROLLBACK_COMPLETE')
    }
    if (stack.status === 'UPDATE_ROLLBACK_IN_PROGRESS') {
      const failed = await backward(parts, stack, operation.before)
      halted()
      if (failed.length > 0)
        return finish(
          stack,
          'UPDATE_ROLLBACK_FAILED',
          `The following resource(s) failed to update: [${failed.join(', ')}].`,
        )
      state.turn(stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS')
    }
    await removal.leftovers(stack)
    halted()
    finish(stack, 'UPDATE_ROLLBACK_COMPLETE')
  }

  async function remove(stack: Stack, operation: Operation): Promise<void> {
    const others = state.all().filter(other => other.id !== stack.id)
    try {
      checkExports(others, stack, [])
    } catch (error) {
      return finish(stack, 'DELETE_FAILED', `Delete canceled. ${(error as Error).message}`)
    }
    const keep = new Set(operation.retain)
    const left = await removal.leftovers(stack)
    const failed = await removal.resources(
      stack,
      state.resources(stack),
      ({ logicalId, deletionPolicy }) => keep.has(logicalId) || deletionPolicy !== 'Delete',
    )
    halted()
    if (failed.length + left.length > 0)
      return finish(stack, 'DELETE_FAILED', failedToDelete([...failed, ...left]))
    finish(stack, 'DELETE_COMPLETE')
  }

  function finish(stack: Stack, status: string, reason?: string): void {
    stack.operation = undefined
    if (status === 'DELETE_COMPLETE') {
      stack.deletedAt = context.clock.now()
      stack.outputs = []
      stack.imports = []
    }
    state.turn(stack, status, reason)
  }

  function scopeOf(stack: Stack, target: Target, template: Template, imports: (name: string) => void): Scope {
    const { accountId, region } = context
    return createScope({
      template,
      parameters: target.parameters,
      stackId: stack.id,
      stackName: stack.name,
      notificationArns: target.notificationArns,
      accountId,
      region,
      resource: id => state.resource(stack, id)?.physicalId,
      attribute: (id, name) => {
        const resource = state.resource(stack, id)
        if (!resource) throw new Error(`resource ${id} does not exist under the template's conditions`)
        return attributeOf(resource, name)
      },
      exported: name => exportedValue(state.all(), name),
      imports,
    })
  }

  async function stop(): Promise<void> {
    stopping = true
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(patience.resolve, STOP_MS)
    await Promise.race([Promise.allSettled(running), patience.promise])
    clearTimeout(timer)
  }

  return { begin, resume, stop }
}

function failureText({ create, update }: ForwardFailures): string | undefined {
  const parts = [
    create.length > 0 ? `The following resource(s) failed to create: [${create.join(', ')}].` : '',
    update.length > 0 ? `The following resource(s) failed to update: [${update.join(', ')}].` : '',
  ].filter(Boolean)
  return parts.length > 0 ? parts.join(' ') : undefined
}

function failedToDelete(ids: string[]): string {
  return `The following resource(s) failed to delete: [${ids.join(', ')}].`
}
