import type { ShiftSteps, Strategy } from './shift-steps.ts'

/** A successful deployment of a service that replaced another revision. */
export interface PastDeployment {
  /** From its creation to its end, by ECS's clock. */
  seconds: number
  bakeMinutes: number
  strategy: Strategy
  shift: ShiftSteps
  /** What the command saw that followed it from beginning to end, by its evidence. */
  watched?: WatchedStages
}

/** Seconds of the stages of an API deployment, and of the command around it. */
export interface WatchedStages {
  kind: 'release' | 'rollback'
  /** What the command did beside the deployments of both services: checks, image, lock, verdict. */
  command: number
  scaleUp: number
  /** Test traffic and the suites. */
  test: number
  /** The shift, its waits included; 0 where it was too short to be seen. */
  shift: number
  cleanUp: number
}

/** A time that is not known exactly: most likely, and the ends. */
export interface Spread {
  seconds: number
  least: number
  most: number
}

/** The middle of several numbers. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
