const SUFFIX = '-drill'

/** The name of the release that a drill fails with: what serves, marked. */
export function drillReleaseOf(release: string): string {
  return `${release}${SUFFIX}`
}

/** Whether a release is a drill's: made to fail, and never to stay. */
export function isDrillRelease(release: string | undefined): boolean {
  return release?.endsWith(SUFFIX) === true
}
