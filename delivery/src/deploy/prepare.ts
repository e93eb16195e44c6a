import { arch } from 'node:process'
import { namesOf } from '@clarity/environments'
import { createApprovalTable } from '../aws/approval-table.ts'
import { createEcs, type Ecs } from '../aws/ecs.ts'
import { createLoadBalancing, type LoadBalancing } from '../aws/load-balancing.ts'
import { createLogs } from '../aws/logs.ts'
import { type HandedOnValues, readHandedOn } from '../aws/parameters.ts'
import { identify } from '../lock/identify.ts'
import { pollMs } from '../poll.ts'
import { type Release, releaseOf, renderRelease } from '../release/task-definitions.ts'
import { type Access, access, type Target } from '../target.ts'
import type { Emit } from '../ui/events.ts'
import type { ShipContext } from './ship.ts'
import { findSuiteUser } from './suite-user.ts'

/** Everything that the verbs of a release work with. */
export interface ReleaseWorld extends ShipContext {
  target: Target
  access: Access
  handedOn: HandedOnValues
  ecs: Ecs
  loadBalancing: LoadBalancing
  /** The process environment. */
  variables: Record<string, string | undefined>
}

export async function openWorld(
  target: Target,
  emit: Emit,
  signal: AbortSignal,
  variables: Record<string, string | undefined> = {},
): Promise<ReleaseWorld> {
  const to = await access(target)
  const { environment } = target
  const asked = {
    access: to,
    environment,
    ecs: createEcs(to),
    loadBalancing: createLoadBalancing(to),
    logs: createLogs(to),
  }
  return {
    ...asked,
    approvals: createApprovalTable(to, environment),
    variables,
    suiteUser: findSuiteUser(target, variables),
    identity: identify(variables),
    // heavy, and needed only when something fails
    explain: async (part, deployment) => (await import('./explain.ts')).explain(asked, part, deployment),
    target,
    handedOn: await readHandedOn(to, environment),
    emit,
    signal,
    pollMs: pollMs(environment),
  }
}

/** The release that this checkout makes in this environment, and the one that the API service has now. */
export async function planRelease(
  world: ReleaseWorld,
  image: { digest: string; tag: string },
): Promise<{ release: Release; current?: string }> {
  const { environment, handedOn, ecs } = world
  const names = namesOf(environment)
  const release = renderRelease({
    environment,
    handedOn,
    ...image,
    architecture: taskArchitecture(world.target),
  })
  const service = await ecs.service(names.cluster, names.apiService)
  const current = service?.taskDefinition && releaseOf(await ecs.taskDefinition(service.taskDefinition))
  return { release, current: current || undefined }
}

/** AWS runs x86; the local cloud runs what this machine is. */
export function taskArchitecture({ onLocalCloud }: Target): 'X86_64' | 'ARM64' {
  return onLocalCloud && arch === 'arm64' ? 'ARM64' : 'X86_64'
}
