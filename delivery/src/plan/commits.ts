import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What lies between the commit that serves and the checkout's. */
export interface CommitsBetween {
  /** `<12 hex> <subject>`, newest first: what the release would bring. */
  brought: string[]
  /** What serves now and the checkout does not have: it would be taken out. */
  takenOut: string[]
}

/** The commit in a release's name or an image's tag: `<12 hex>[-dirty-<8 hex>][-<8 hex>]`. */
export function commitOf(name: string): string | undefined {
  return /^[0-9a-f]{12}(?=$|-)/.exec(name)?.[0]
}

/**
 * The commits between two, in both directions.
 * @returns undefined when git does not know one of them here: a shallow clone, another repository
 */
export async function commitsBetween(
  root: string,
  from: string,
  to: string,
): Promise<CommitsBetween | undefined> {
  const log = async (range: string) =>
    (await run('git', ['-C', root, 'log', '--format=%h %s', '--abbrev=12', range])).stdout
      .split('\n')
      .filter(Boolean)
  try {
    return { brought: await log(`${from}..${to}`), takenOut: await log(`${to}..${from}`) }
  } catch {
    return undefined
  }
}
