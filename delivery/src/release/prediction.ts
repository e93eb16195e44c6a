import type { Figure, Pace } from './pace.ts'

/** One stage of a release or a rollback, with the arithmetic behind its time. */
export interface PredictedStage {
  stage: string
  seconds: number
  how: string
}

export interface Prediction {
  stages: PredictedStage[]
  seconds: number
}

/** The settings that decide how long a release takes. */
export interface TimingSettings {
  strategy: 'ROLLING' | 'BLUE_GREEN' | 'CANARY' | 'LINEAR'
  bakeMinutes: number
  healthCheckSeconds: number
  deregistrationSeconds: number
  /** How many times faster than the wall minutes pass; 1 on AWS. */
  speed: number
}

/** A successful deployment of a service that replaced another revision. */
export interface PastDeployment {
  /** From its creation to its end, by ECS's clock. */
  seconds: number
  bakeMinutes: number
}

export interface PredictionInput {
  settings: TimingSettings
  pace: Pace
  past: { api: PastDeployment[]; worker: PastDeployment[] }
}

/** ECS's own steps where none are set (LinearConfiguration, CanaryConfiguration in the ECS API reference). */
const LINEAR = { steps: 10, stepMinutes: 6 }
const CANARY = { steps: 2, stepMinutes: 10 }

/**
 * How long a release takes, stage by stage: settings where they decide, the pace elsewhere, and what past
 * deployments took beyond both. A person's approval is not in it.
 */
export function predictRelease(input: PredictionInput): Prediction {
  return sum([workerStage(input), ...apiStages(input)])
}

/** From the first bad answer in bake to good ones: ECS turns the weights back to the revision that stands by. */
export function predictRollbackInBake({ settings, pace }: PredictionInput): Prediction | undefined {
  if (settings.strategy === 'ROLLING' || settings.bakeMinutes === 0) return undefined
  return sum([
    stage('detect', pace.detect),
    stage('StopServiceDeployment', pace.call),
    stage('weights back', pace.flip),
    stage('connections follow', pace.keepAlive),
  ])
}

/**
 * From the command after bake to good answers: the release before goes through all stages again, up to the shift.
 * @param worker whether it moves before the API, or beside it and so in no time of its own
 */
export function predictRollbackAfterBake(input: PredictionInput, worker: 'before' | 'beside'): Prediction {
  const untilShift = apiStages(input).filter(({ stage }) => stage !== 'bake' && stage !== 'clean up')
  return sum([
    stage('check the target', input.pace.checks),
    ...(worker === 'before' ? [workerStage(input)] : []),
    ...untilShift,
    stage('connections follow', input.pace.keepAlive),
  ])
}

/** The middle of several numbers. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function workerStage({ pace, past }: PredictionInput): PredictedStage {
  if (past.worker.length > 0) {
    const seconds = median(past.worker.map(deployment => deployment.seconds))
    return { stage: 'worker', seconds, how: `median of ${deployments(past.worker)}` }
  }
  return {
    stage: 'worker',
    seconds: pace.taskStart.seconds + pace.settle.seconds,
    how: `start ${show(pace.taskStart.seconds)} + steady ${show(pace.settle.seconds)}, without past deployments`,
  }
}

function apiStages(input: PredictionInput): PredictedStage[] {
  const { settings, pace } = input
  const { strategy, healthCheckSeconds, deregistrationSeconds, bakeMinutes, speed } = settings
  const check = pace.firstCheck(healthCheckSeconds)
  const start = startOf(input)
  const scaleUp = {
    stage: 'scale up',
    seconds: start.seconds + check.seconds,
    how: `start ${show(start.seconds)} (${start.source}) + first check ${show(check.seconds)} (${check.source})`,
  }
  const cleanUp = stage('clean up', pace.drain(deregistrationSeconds))
  if (strategy === 'ROLLING') return [scaleUp, cleanUp]
  return [
    scaleUp,
    stage('test shift', pace.flip),
    stage('suites', pace.suites),
    shiftStage(settings, pace),
    {
      stage: 'bake',
      seconds: (bakeMinutes * 60) / speed,
      how: `${bakeMinutes} min${speed === 1 ? '' : `, ${speed} times faster here`}`,
    },
    cleanUp,
  ]
}

function shiftStage({ strategy, speed }: TimingSettings, pace: Pace): PredictedStage {
  if (strategy === 'BLUE_GREEN') return stage('shift', pace.flip)
  const { steps, stepMinutes } = strategy === 'LINEAR' ? LINEAR : CANARY
  const wait = ((steps - 1) * stepMinutes * 60) / speed
  return {
    stage: 'shift',
    seconds: steps * pace.flip.seconds + wait,
    how: `${steps} steps × ${show(pace.flip.seconds)} + ${steps - 1} waits × ${stepMinutes} min${speed === 1 ? '' : ` / ${speed}`}`,
  }
}

/**
 * How long tasks take to start: what past deployments took beyond everything that is known. It is the part that
 * differs most between images and accounts.
 */
function startOf(input: PredictionInput): Figure {
  const { past, settings, pace } = input
  if (past.api.length === 0) return pace.taskStart
  const beyondBake = past.api.map(({ seconds, bakeMinutes }) => seconds - (bakeMinutes * 60) / settings.speed)
  const withoutBake = median(beyondBake)
  const known = apiStages({ ...input, past: { api: [], worker: [] } })
    .filter(({ stage }) => stage !== 'bake')
    .reduce((sum, { seconds }) => sum + seconds, -pace.taskStart.seconds)
  return {
    seconds: Math.max(0, withoutBake - known),
    source: `${deployments(past.api)} took a median of ${show(withoutBake)} without bake, ${show(known)} of it known`,
  }
}

function stage(name: string, { seconds, source }: Figure): PredictedStage {
  return { stage: name, seconds, how: source }
}

function sum(stages: PredictedStage[]): Prediction {
  return { stages, seconds: stages.reduce((total, { seconds }) => total + seconds, 0) }
}

function deployments(past: PastDeployment[]): string {
  return past.length === 1 ? 'one past deployment' : `${past.length} past deployments`
}

function show(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`
}
