import type { Figure, Pace } from './pace.ts'
import { median, type PastDeployment, type Spread, type WatchedStages } from './past-deployment.ts'
import { type ShiftSteps, type Strategy, waitedMinutes } from './shift-steps.ts'

/** One stage of a release or a rollback, with the arithmetic behind its time. */
export interface PredictedStage extends Spread {
  stage: string
  how: string
}

/** A sum of stages; `least` and `most` are the sums of theirs. */
export interface Prediction extends Spread {
  stages: PredictedStage[]
}

/** The settings that decide how long a release takes. */
export interface TimingSettings {
  strategy: Strategy
  bakeMinutes: number
  shift: ShiftSteps
  healthCheckSeconds: number
  deregistrationSeconds: number
  /** How many times faster than the wall minutes pass; 1 on AWS. */
  speed: number
}

export interface PredictionInput {
  settings: TimingSettings
  pace: Pace
  past: { api: PastDeployment[]; worker: PastDeployment[] }
}

/** What a figure that was not measured here may turn out to be; and one that was, but seldom. */
const UNCERTAIN = { least: 0.75, most: 1.5 }
/** Samples from which on their own ends tell enough. */
const ENOUGH = 3

/**
 * How long a release takes, stage by stage: settings where they decide, what past deployments took where there are
 * any, and the pace elsewhere. A person's approval is not in it.
 */
export function predictRelease(input: PredictionInput): Prediction {
  const watched = watchedOf(input, 'release')
  return sum([
    byFigure('begin', input.pace.begin),
    measured('the command itself', watched, 'command') ?? byFigure('the command itself', input.pace.command),
    workerStage(input),
    ...apiStages(input, watched),
  ])
}

/** From the first bad answer in bake to good ones: ECS turns the weights back to the revision that stands by. */
export function predictRollbackInBake({ settings, pace }: PredictionInput): Prediction | undefined {
  if (settings.strategy === 'ROLLING' || settings.bakeMinutes === 0) return undefined
  return sum([
    byFigure('detect', pace.detect),
    byFigure('StopServiceDeployment', pace.call),
    byFigure('weights back', pace.flip),
    byFigure('connections follow', pace.keepAlive),
  ])
}

/**
 * From the command after bake to good answers: the release before goes through all stages again, up to the shift.
 * Past rollbacks tell best; without any, past releases do.
 * @param worker whether it moves before the API, or beside it and so in no time of its own
 */
export function predictRollbackAfterBake(input: PredictionInput, worker: 'before' | 'beside'): Prediction {
  const watched = watchedOf(input, 'rollback')
  const rollbacks = watched.filter(({ kind }) => kind === 'rollback')
  const untilShift = apiStages(input, watched).filter(({ stage }) => stage !== 'bake' && stage !== 'clean up')
  return sum([
    byFigure('begin', input.pace.begin),
    measured('check the target', rollbacks, 'command') ?? byFigure('check the target', input.pace.checks),
    ...(worker === 'before' ? [workerStage(input)] : []),
    ...untilShift,
    byFigure('connections follow', input.pace.keepAlive),
  ])
}

/** What commands saw of past deployments by the same way: of the kind that is foretold where there are any. */
function watchedOf({ past, settings }: PredictionInput, kind: WatchedStages['kind']): Seen[] {
  const seen = past.api.flatMap(({ watched, strategy, shift }) =>
    watched && isRolling(strategy) === isRolling(settings.strategy) ? [{ ...watched, steps: shift }] : [],
  )
  const same = seen.filter(one => one.kind === kind)
  return same.length > 0 ? same : seen
}

type Seen = WatchedStages & { steps: ShiftSteps }

function workerStage({ pace, past }: PredictionInput): PredictedStage {
  const { taskStart, settle } = pace
  if (past.worker.length > 0)
    return {
      stage: 'worker',
      ...spread(past.worker.map(deployment => deployment.seconds)),
      how: `median of ${count(past.worker.length, 'deployment')}`,
    }
  return byFigure('worker', {
    seconds: taskStart.seconds + settle.seconds,
    source: `start ${show(taskStart.seconds)} + steady ${show(settle.seconds)}, without past deployments`,
  })
}

function apiStages(input: PredictionInput, watched: Seen[]): PredictedStage[] {
  const { settings, pace } = input
  const cleanUp =
    measured('clean up', watched, 'cleanUp') ??
    byFigure('clean up', pace.drain(settings.deregistrationSeconds))
  const scaleUp = measured('scale up', watched, 'scaleUp') ?? scaleUpByRecord(input)
  if (isRolling(settings.strategy)) return [scaleUp, cleanUp]
  const { bakeMinutes, speed } = settings
  const bake = (bakeMinutes * 60) / speed
  const tested = measured('test and suites', watched, 'test')
  return [
    scaleUp,
    ...(tested ? [tested] : [byFigure('test shift', pace.flip), byFigure('suites', pace.suites)]),
    shiftStage(settings, flipOf(input, watched)),
    {
      stage: 'bake',
      seconds: bake,
      least: bake,
      most: bake,
      how: `${bakeMinutes} min${speed === 1 ? '' : `, ${speed} times faster here`}`,
    },
    cleanUp,
  ]
}

/** One shift of weights: what past ones took beyond their waits, a step. */
function flipOf({ settings, pace }: PredictionInput, watched: Seen[]): PredictedStage {
  if (watched.length === 0) return byFigure('shift', pace.flip)
  const flips = watched.map(({ shift, steps }) =>
    Math.max(0, (shift - (waitedMinutes(steps) * 60) / settings.speed) / steps.steps),
  )
  return { stage: 'shift', ...spread(flips), how: `median of ${count(watched.length, 'deployment')}` }
}

function shiftStage({ shift, speed }: TimingSettings, flip: PredictedStage): PredictedStage {
  const { steps, waitMinutes } = shift
  if (steps === 1) return flip
  const wait = (waitedMinutes(shift) * 60) / speed
  const total = (seconds: number) => steps * seconds + wait
  return {
    stage: 'shift',
    seconds: total(flip.seconds),
    least: total(flip.least),
    most: total(flip.most),
    how: `${steps} steps × ${show(flip.seconds)} + ${steps - 1} × ${waitMinutes} min of waiting${speed === 1 ? '' : ` / ${speed}`}`,
  }
}

/**
 * The start of tasks, where no command has seen it: what ECS's record of past deployments has beyond everything that
 * is known. It is the part that differs most between images and accounts.
 */
function scaleUpByRecord(input: PredictionInput): PredictedStage {
  const { pace, settings, past } = input
  const check = pace.firstCheck(settings.healthCheckSeconds)
  const start = startByRecord(input) ?? byFigure('', pace.taskStart)
  const plus = (seconds: number) => seconds + check.seconds
  return {
    stage: 'scale up',
    seconds: plus(start.seconds),
    least: plus(start.least),
    most: plus(start.most),
    how: `start ${show(start.seconds)} (${start.how}) + first check ${show(check.seconds)} (${check.source})`,
  }

  function startByRecord({ settings }: PredictionInput): PredictedStage | undefined {
    const alike = past.api.filter(({ strategy }) => isRolling(strategy) === isRolling(settings.strategy))
    if (alike.length === 0) return undefined
    const known = apiStages({ ...input, past: { api: [], worker: [] } }, [])
      .filter(({ stage }) => stage !== 'bake' && stage !== 'shift')
      .reduce((total, { seconds }) => total + seconds, -pace.taskStart.seconds)
    const own = alike.map(({ seconds, bakeMinutes, shift }) => {
      const waited = ((bakeMinutes + waitedMinutes(shift)) * 60) / settings.speed
      const flips = isRolling(settings.strategy) ? 0 : shift.steps * pace.flip.seconds
      return { without: seconds - waited, start: Math.max(0, seconds - waited - flips - known) }
    })
    const seconds = median(own.map(({ without }) => without))
    const started = spread(own.map(({ start }) => start))
    return {
      stage: '',
      ...started,
      how: `${count(alike.length, 'deployment')} took a median of ${show(seconds)} without bake and waits, ${show(seconds - started.seconds)} of it known`,
    }
  }
}

/** The middle and the ends; of few samples the ends lie further out. */
function spread(values: number[]): Spread {
  const [widerLeast, widerMost] = values.length < ENOUGH ? [UNCERTAIN.least, UNCERTAIN.most] : [1, 1]
  return {
    seconds: median(values),
    least: Math.min(...values) * widerLeast,
    most: Math.max(...values) * widerMost,
  }
}

function isRolling(strategy: Strategy): boolean {
  return strategy === 'ROLLING'
}

/** A stage as commands have seen it; undefined where none has. */
function measured(
  stage: string,
  watched: Seen[],
  part: 'command' | 'scaleUp' | 'test' | 'cleanUp',
): PredictedStage | undefined {
  if (watched.length === 0) return undefined
  const kinds = new Set(watched.map(({ kind }) => kind))
  const kind = kinds.size === 1 ? [...kinds].join() : 'deployment'
  return {
    stage,
    ...spread(watched.map(seen => seen[part])),
    how: `median of ${count(watched.length, kind)}`,
  }
}

function byFigure(stage: string, { seconds, source }: Figure): PredictedStage {
  return { stage, seconds, least: seconds * UNCERTAIN.least, most: seconds * UNCERTAIN.most, how: source }
}

function sum(stages: PredictedStage[]): Prediction {
  const total = (of: keyof Spread) => stages.reduce((sum, stage) => sum + stage[of], 0)
  return { stages, seconds: total('seconds'), least: total('least'), most: total('most') }
}

/** `one past rollback`, `5 past rollbacks` */
function count(number: number, what: string): string {
  return number === 1 ? `one past ${what}` : `${number} past ${what}s`
}

function show(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`
}
