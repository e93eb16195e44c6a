import type { Ecs } from '../aws/ecs.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** Revisions of a family that are looked through: others may have registered theirs meanwhile. */
const LOOK_BACK = 30

/**
 * The task definition of a release that was registered and that no service has yet, by ECS's own record of its family.
 * A release's name is a hash of its content, so whichever revision carries the name is the right one.
 * @returns its ARN; undefined when none of the newest revisions is of the release
 */
export async function registeredDefinition(
  ecs: Pick<Ecs, 'taskDefinition'>,
  family: string,
  release: string,
): Promise<string | undefined> {
  const newest = await ecs.taskDefinition(family).catch(unknown)
  const last = newest?.revision ?? 0
  for (let revision = last; revision > Math.max(0, last - LOOK_BACK); revision--) {
    const found =
      revision === last ? newest : await ecs.taskDefinition(`${family}:${revision}`).catch(unknown)
    if (found?.status !== 'INACTIVE' && releaseOf(found) === release) return found?.taskDefinitionArn
  }
  return undefined
}

/** ECS answers for a family or a revision that it does not know with a ClientException. */
function unknown(error: unknown): undefined {
  if ((error as Error).name === 'ClientException') return undefined
  throw error
}
