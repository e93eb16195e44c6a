import { formatSeconds } from './format-seconds.ts'

/** What the live view knows of one step that runs. */
export interface LiveStep {
  title: string
  /** Milliseconds, of a clock that only grows. */
  since: number
  detail: string
  stages: { name: string; since: number }[]
  tasks?: { running: number; wanted: number }
  weights?: { test?: number; production?: number }
  /** What the deployment waits for. */
  pause?: string
  probes?: {
    sent: number
    failed: number
    slow: number
    byRelease: Record<string, number>
    mixedSeconds: number
  }
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** A step that has just started. */
export function newLiveStep(title: string, now: number): LiveStep {
  return { title, since: now, detail: '', stages: [] }
}

/** The step after it has said more of itself: what data it does not know it leaves alone. */
export function updateLiveStep(
  step: LiveStep,
  message: string | undefined,
  data: object = {},
  now: number,
): LiveStep {
  const { stage, status, tasks, weights, pause, probes } = data as Partial<LiveStep> & {
    stage?: string
    status?: string
  }
  const name = stage && (status?.startsWith('ROLLBACK') ? `back: ${stage}` : stage)
  const stages =
    name && step.stages.at(-1)?.name !== name ? [...step.stages, { name, since: now }] : step.stages
  return {
    ...step,
    detail: message ?? step.detail,
    stages,
    tasks: tasks ?? step.tasks,
    weights: weights ?? step.weights,
    // a deployment that moves on waits no longer
    pause: pause ?? (name ? undefined : step.pause),
    probes: probes ?? step.probes,
  }
}

/** The step as lines of a terminal: title, stages with the time spent, tasks and weights, prober, pause. */
export function liveLines(step: LiveStep, now: number, columns: number): string[] {
  const frame = FRAMES[Math.floor(now / 100) % FRAMES.length]
  const head = `${frame} ${step.title} (${seconds(now - step.since)})`
  const lines = step.stages.length === 0 ? [`${head}${step.detail ? ` ${step.detail}` : ''}`] : [head]
  if (step.stages.length > 0) {
    lines.push(...wrap(stageWords(step.stages, now), columns - 4).map(line => `    ${line}`))
    lines.push(`    ${figures(step)}`)
  }
  if (step.probes) lines.push(`    ${proberWords(step.probes)}`)
  if (step.pause) lines.push(`    ‖ ${step.pause}`)
  else if (isNews(step)) lines.push(`    ${step.detail}`)
  return lines.map(line => line.slice(0, columns - 1))
}

/** A detail that only repeats the stage is none. */
function isNews({ stages, detail }: LiveStep): boolean {
  const stage = stages.at(-1)?.name
  return stage !== undefined && detail !== '' && !detail.includes(stage.replace('back: ', ''))
}

function stageWords(stages: LiveStep['stages'], now: number): string[] {
  return stages.map(({ name, since }, index) => {
    const next = stages[index + 1]
    return `${next ? '✓' : '▸'} ${name} ${seconds((next?.since ?? now) - since)}`
  })
}

function figures({ tasks, weights }: LiveStep): string {
  const parts = tasks ? [`tasks ${tasks.running}/${tasks.wanted}`] : []
  if (weights?.test !== undefined) parts.push(`test ${bar(weights.test)} ${weights.test} %`)
  if (weights?.production !== undefined)
    parts.push(`production ${bar(weights.production)} ${weights.production} %`)
  return parts.join('  ')
}

function proberWords({
  sent,
  failed,
  slow,
  byRelease,
  mixedSeconds,
}: NonNullable<LiveStep['probes']>): string {
  const by = Object.entries(byRelease).map(([release, count]) => `${release} ${count}`)
  return `prober ${sent} sent, ${failed} lost, ${slow} slow, mixed ${seconds(mixedSeconds * 1000)}: ${by.join(' → ')}`
}

/** Ten cells: words beside it say the same. */
function bar(percent: number): string {
  const full = Math.round(percent / 10)
  return `${'█'.repeat(full)}${'░'.repeat(10 - full)}`
}

function wrap(words: string[], columns: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 2 <= columns)
      lines[lines.length - 1] = `${last}  ${word}`
    else lines.push(word)
  }
  return lines
}

const seconds = (ms: number) => formatSeconds(ms / 1000)
