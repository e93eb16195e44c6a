import type { Verdict } from '../release/verdict.ts'
import { formatSeconds } from '../ui/render.ts'
import type { ProbeCount } from './prober.ts'
import type { Outcome } from './ship.ts'

/** Adds what was seen to a verdict: it says more than ECS's own reason. */
export function withCause(verdict: Verdict, cause: string | undefined): Verdict {
  if (cause === undefined) return verdict
  if (verdict.kind === 'rolled-back') return { ...verdict, reason: cause }
  if (verdict.kind === 'failed') return { ...verdict, reasons: [cause, ...verdict.reasons] }
  return verdict
}

/** Whether a deployment did what it was to do so far: it serves, or it waits for a person. */
export function isGood({ verdict }: { verdict: Verdict }): boolean {
  return verdict.kind === 'succeeded' || verdict.kind === 'needs-approval'
}

/** A verdict in a few words. */
export function verdictWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'succeeded':
      return 'serves'
    case 'rolled-back':
      return `rolled back: ${verdict.reason}`
    case 'superseded':
      return `superseded by ${verdict.by}`
    case 'needs-approval':
      return `passed its suites and waits for a person${verdict.expiresAt ? ` until ${verdict.expiresAt.toISOString()}` : ''}`
    case 'timed-out':
      return `not finished, still at ${verdict.stage}`
    case 'failed':
      return `failed: ${verdict.reasons.join('; ')}`
  }
}

/** What a prober saw, in a few words. */
export function probeWords({ sent, failed, slow, byRelease, mixedSeconds }: ProbeCount): string {
  const by = Object.entries(byRelease).map(([release, answers]) => `${answers} by ${release}`)
  return `${sent} probes, ${failed} lost, ${slow} slow (${by.join(', ')}; mixed for ${formatSeconds(mixedSeconds)})`
}

/** For the closing line of a command. */
export function outcomeWords({ verdict, ecsSeconds: { api, worker } }: Outcome): string {
  const times = [worker && `worker ${formatSeconds(worker)}`, api && `API ${formatSeconds(api)}`].filter(
    Boolean,
  )
  return `${verdictWords(verdict)}${times.length ? ` (ECS: ${times.join(', ')})` : ''}`
}
