import type { DeploymentConfiguration } from '@aws-sdk/client-ecs'
import type { MachineState } from './deployment-machine.ts'

/** A service deployment as it is kept. */
export interface DeploymentRecord {
  arn: string
  serviceArn: string
  clusterArn: string
  /** The revision being deployed. */
  targetArn: string
  /** The revision that serves until production shifts, and that a rollback goes back to. */
  sourceArn?: string
  /** What deployments that this one superseded have left, to be removed first. */
  staleArns: string[]
  configuration: DeploymentConfiguration
  state: MachineState
  createdAt: number
  startedAt?: number
  finishedAt?: number
  stoppedAt?: number
  updatedAt: number
  /** Alarms that were in ALARM when it began, which AWS leaves out. */
  ignoredAlarms?: string[]
  triggeredAlarms: string[]
  /** Task counts when it ended: later ones belong to later deployments. */
  finalCounts?: Record<string, { running: number; pending: number }>
}
