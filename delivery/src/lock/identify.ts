import { hostname, userInfo } from 'node:os'

/**
 * Who asks for a lock, and from where: the person behind a pipeline's run, or the user of this machine.
 * @param variables the process environment
 */
export function identify(variables: Record<string, string | undefined>): { who: string; host: string } {
  const { GITHUB_ACTOR, GITHUB_RUN_ID, GITHUB_REPOSITORY } = variables
  if (GITHUB_ACTOR)
    return {
      who: GITHUB_ACTOR,
      host: `run ${GITHUB_RUN_ID ?? 'unknown'} of ${GITHUB_REPOSITORY ?? 'unknown'}`,
    }
  return { who: variables.USER || userName(), host: hostname() }
}

/** Containers may run as a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
