import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Finding } from './check.ts'
import type { CheckResult, PreflightReport } from './run-preflight.ts'

const MARKS: Record<Finding['outcome'], string> = { passed: '✓', failed: '✗', unchecked: '?' }

/** The whole report as text: what failed and its mending last, where the eye is. */
export function reportLines({ results, counts }: PreflightReport): string[] {
  const lines = results.flatMap(({ title, findings }) => [
    title,
    ...findings.map(({ outcome, says }) => `  ${MARKS[outcome]} ${says}`),
  ])
  return [
    ...lines,
    ...(counts.unchecked > 0
      ? ['', `could not be checked (${counts.unchecked}):`, ...mendings(results, 'unchecked')]
      : []),
    ...(counts.failed > 0
      ? ['', `failed (${counts.failed}), each with its mending:`, ...mendings(results, 'failed')]
      : []),
    '',
    countWords(counts),
  ]
}

/** `31 passed, 1 failed, 2 could not be checked`. */
export function countWords({ passed, failed, unchecked }: PreflightReport['counts']): string {
  return `${passed} passed, ${failed} failed, ${unchecked} could not be checked`
}

/**
 * Ends a release that cannot work before it has changed anything. What could not be checked does not end it.
 * @throws ClarityError `preflight_failed` (exit code 9) with every failure and its mending
 */
export function requirePassed({ results, counts }: PreflightReport, environment: string): void {
  if (counts.failed === 0) return
  throw new ClarityError(
    'preflight_failed',
    `preflight of ${environment} failed: ${countWords(counts)}`,
    `mend all of it, then look again: clarity preflight ${environment}`,
    { exitCode: EXIT.preflightFailed, evidence: mendings(results, 'failed') },
  )
}

/** Findings with their fixes; what is mended by one and the same step stands together above it. */
function mendings(results: CheckResult[], outcome: 'failed' | 'unchecked'): string[] {
  const byFix = Map.groupBy(
    results.flatMap(({ findings }) => findings).filter(finding => finding.outcome === outcome),
    finding => ('fix' in finding ? finding.fix : ''),
  )
  return [...byFix].flatMap(([fix, findings]) => [
    ...findings.map(({ says }) => `  ${MARKS[outcome]} ${says}`),
    `      ${fix}`,
  ])
}
