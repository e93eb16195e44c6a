import { runStep } from '../ui/events.ts'
import type { ReleaseWorld } from './prepare.ts'

/**
 * Looks at all that the release needs, before anything is changed. What could not be checked is told.
 * @param without names of checks that the caller has answered itself
 * @throws ClarityError `preflight_failed` (exit code 9) with every failure and its mending
 */
export async function requirePreflight(
  world: ReleaseWorld,
  image: { tag: string; digest?: string },
  without: string[] = [],
): Promise<void> {
  const { environment, emit } = world
  // a command that finds everything done already needs none of these clients
  const [{ openPreflight }, { runPreflight }, { countWords, requirePassed }, { CHECKS }] = await Promise.all([
    import('../preflight/open-preflight.ts'),
    import('../preflight/run-preflight.ts'),
    import('../preflight/report.ts'),
    import('../preflight/checks.ts'),
  ])
  const { tag, digest } = image
  const opened = await openPreflight(world, digest ? { tag, digest } : undefined)
  const report = await runStep(
    emit,
    'preflight',
    `look at all that a release into ${environment.name} needs`,
    step =>
      runPreflight(opened, {
        checks: CHECKS.filter(({ name }) => !without.includes(name)),
        onResult: step.figures,
      }),
    ({ counts }) => countWords(counts),
  )
  const skipped = report.results.flatMap(({ findings }) => findings.filter(f => f.outcome === 'unchecked'))
  if (skipped.length > 0)
    emit({
      type: 'note',
      message: skipped.map(({ says }) => `could not check: ${says}`).join('\n'),
      data: { unchecked: skipped },
    })
  requirePassed(report, environment.name)
}
