import type { Emit, Event } from '../ui/events.ts'
import type { EvidenceEntry } from './document.ts'

export type Collected = Pick<EvidenceEntry, 'stages' | 'suites' | 'preflight'>

/** Listens to what a command tells, and keeps of it what evidence is made of: figures and names, no texts. */
export interface Collector {
  emit: Emit
  collected(): Collected
}

/**
 * @param emit where the events go on to
 * @param now milliseconds
 */
export function collect(emit: Emit, now: () => number = () => performance.now()): Collector {
  const stages: EvidenceEntry['stages'] = []
  const suites: EvidenceEntry['suites'] = []
  const outcomes: string[] = []
  /** The stage at which ECS is, by the step that follows it. */
  const at = new Map<string, { stage: string; since: number }>()

  function leave(step: string): void {
    const stage = at.get(step)
    if (stage) stages.push({ stage: `${step}/${stage.stage}`, seconds: round((now() - stage.since) / 1000) })
    at.delete(step)
  }

  function look(event: Event): void {
    if (event.type === 'step-finished' || event.type === 'step-failed') {
      leave(event.step)
      stages.push({ stage: event.step, seconds: round(event.seconds) })
    }
    if (event.type !== 'step-progress' || !event.data) return
    const { stage, name, passed, milliseconds, findings } = event.data as Record<string, unknown>
    if (typeof stage === 'string' && at.get(event.step)?.stage !== stage) {
      leave(event.step)
      at.set(event.step, { stage, since: now() })
    }
    if (typeof name === 'string' && typeof passed === 'boolean' && typeof milliseconds === 'number')
      suites.push({ name, passed, milliseconds })
    if (Array.isArray(findings)) outcomes.push(...findings.map(({ outcome }) => String(outcome)))
  }

  return {
    emit: event => {
      look(event)
      emit(event)
    },
    collected: () => {
      const count = (outcome: string) => outcomes.filter(one => one === outcome).length
      const preflight = { passed: count('passed'), failed: count('failed'), unchecked: count('unchecked') }
      return { stages, suites, preflight: outcomes.length > 0 ? preflight : undefined }
    },
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
