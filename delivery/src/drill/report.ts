import type { DrillClocks } from '../evidence/document.ts'
import { formatSeconds } from '../ui/render.ts'
import type { DrillResult } from './run-drill.ts'

const CLOCKS: [keyof DrillClocks, string][] = [
  ['detected', 'the prober had seen enough'],
  ['commanded', 'ECS had accepted the rollback'],
  ['weights', 'all weight was on the release before'],
  ['hundredGood', 'a hundred good answers in a row had come'],
  ['ended', 'ECS had ended the rollback'],
]

/** A drill as text: every clock, from the fault on. */
export function drillLines({ release, clocks, seconds, faults, traffic }: DrillResult): string[] {
  return [
    'seconds after the fault:',
    ...CLOCKS.map(([clock, words]) => `  ${(clocks[clock]?.toFixed(2) ?? 'never').padStart(7)}  ${words}`),
    `requests: ${traffic.sent} sent, ${traffic.failed} spoiled by the fault`,
    faults.length === 0
      ? `passed: ${release} serves again, everything back after ${formatSeconds(seconds ?? 0)}`
      : `failed: ${faults.join('; ')}`,
  ]
}
