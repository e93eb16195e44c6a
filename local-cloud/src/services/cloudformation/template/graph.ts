import { validationError } from '../errors.ts'
import type { Template } from './model.ts'
import { referencesIn } from './references.ts'

/** For each logical id the logical ids that it waits for. */
export type Graph = Record<string, string[]>

/**
 * What each resource that exists under the given conditions waits for: `DependsOn`, and what its properties name.
 * @throws AwsError `ValidationError` naming the resources of a cycle
 */
export function dependencyGraph(template: Template, holds: (condition: string) => boolean): Graph {
  const present = Object.entries(template.resources).filter(([, r]) => !r.Condition || holds(r.Condition))
  const ids = new Set(present.map(([id]) => id))
  const graph: Graph = {}
  for (const [id, resource] of present) {
    const named = referencesIn(resource.Properties, holds).flatMap(reference =>
      reference.kind === 'ref' || reference.kind === 'attribute' ? [reference.name] : [],
    )
    const all = new Set([...[resource.DependsOn ?? []].flat(), ...named])
    graph[id] = [...all].filter(other => ids.has(other))
  }
  const cycle = findCycle(graph)
  if (cycle) throw validationError(`Circular dependency between resources: [${cycle.join(', ')}]`)
  return graph
}

/** The ids so that each follows what it waits for. The graph has no cycle. */
export function inOrder(graph: Graph): string[] {
  const done = new Set<string>()
  const visit = (id: string): void => {
    if (done.has(id)) return
    done.add(id)
    for (const other of graph[id] ?? []) visit(other)
    order.push(id)
  }
  const order: string[] = []
  for (const id of Object.keys(graph)) visit(id)
  return order
}

/** The same edges the other way round: for deletion, where what leans on a resource goes first. */
export function reversed(graph: Graph): Graph {
  const result: Graph = Object.fromEntries(Object.keys(graph).map(id => [id, []]))
  for (const [id, others] of Object.entries(graph)) for (const other of others) result[other]?.push(id)
  return result
}

/** A cycle as the ids on it, or undefined. */
export function findCycle(graph: Graph): string[] | undefined {
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const visit = (id: string): string[] | undefined => {
    if (state.get(id) === 'done') return undefined
    if (state.get(id) === 'open') return path.slice(path.indexOf(id))
    state.set(id, 'open')
    path.push(id)
    for (const other of graph[id] ?? []) {
      const found = visit(other)
      if (found) return found
    }
    path.pop()
    state.set(id, 'done')
    return undefined
  }
  for (const id of Object.keys(graph)) {
    const found = visit(id)
    if (found) return found
  }
  return undefined
}

/**
 * Works through a graph, as much at once as it allows. After the first failure nothing new is begun and what
 * runs is awaited.
 * @returns what failed, in the order of failing
 */
export async function walk(
  graph: Graph,
  work: (id: string) => Promise<void>,
  options: { goOn?: boolean } = {},
): Promise<{ id: string; error: unknown }[]> {
  const failures: { id: string; error: unknown }[] = []
  const waiting = new Map(Object.entries(graph).map(([id, others]) => [id, new Set(others)]))
  const running = new Set<Promise<void>>()
  const begin = (id: string) => {
    waiting.delete(id)
    const step = work(id)
      .then(
        () => {
          for (const others of waiting.values()) others.delete(id)
        },
        error => void failures.push({ id, error }),
      )
      .finally(() => running.delete(step))
    running.add(step)
  }
  while (true) {
    if (failures.length === 0 || options.goOn)
      for (const [id, others] of waiting) if (others.size === 0) begin(id)
    if (running.size === 0) return failures
    await Promise.race(running)
  }
}
