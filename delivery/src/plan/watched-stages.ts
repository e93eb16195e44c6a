import type { EvidenceDocument } from '../evidence/document.ts'
import type { WatchedStages } from '../release/past-deployment.ts'

/** ECS's lifecycle stages by what a prediction calls them; bake is a setting and not measured. */
const PARTS: Record<string, 'scaleUp' | 'test' | 'shift' | 'cleanUp'> = {
  RECONCILE_SERVICE: 'scaleUp',
  PRE_SCALE_UP: 'scaleUp',
  SCALE_UP: 'scaleUp',
  POST_SCALE_UP: 'scaleUp',
  TEST_TRAFFIC_SHIFT: 'test',
  POST_TEST_TRAFFIC_SHIFT: 'test',
  PRE_PRODUCTION_TRAFFIC_SHIFT: 'shift',
  PRODUCTION_TRAFFIC_SHIFT: 'shift',
  POST_PRODUCTION_TRAFFIC_SHIFT: 'shift',
  CLEAN_UP: 'cleanUp',
}
const API = 'release.api'
const WORKER = 'release.worker'

/**
 * What a command saw of the API's deployment that it followed from beginning to end.
 * @returns undefined where it came later, waited for a person, or did not succeed: its times say nothing of others
 */
export function watchedStages(document: EvidenceDocument): WatchedStages | undefined {
  const { kind, verdict, approval, stages, startedAt, endedAt } = document
  if ((kind !== 'deployment' && kind !== 'rollback') || verdict !== 'succeeded' || approval) return undefined
  const total = { scaleUp: 0, test: 0, shift: 0, cleanUp: 0 }
  for (const { stage, seconds } of stages) {
    const [step, name = ''] = stage.split('/')
    const part = step === API ? PARTS[name] : undefined
    if (part) total[part] += seconds
  }
  if (total.scaleUp === 0) return undefined
  const step = (name: string) => stages.find(({ stage }) => stage === name)?.seconds ?? 0
  // a rollback moves both services side by side
  const moved = kind === 'rollback' ? Math.max(step(API), step(WORKER)) : step(API) + step(WORKER)
  const whole = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
  return { kind: kind === 'rollback' ? 'rollback' : 'release', command: Math.max(0, whole - moved), ...total }
}
