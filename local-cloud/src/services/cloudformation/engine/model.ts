import type { Policy } from '../template/model.ts'
import type { ParameterValue } from '../template/parameters.ts'

export interface Tag {
  Key: string
  Value: string
}

/** What a stack is asked to become. */
export interface Target {
  templateBody: string
  parameters: ParameterValue[]
  tags: Tag[]
  capabilities: string[]
  description?: string
  /** Capability and notification ARNs are only kept. */
  notificationArns: string[]
  changeSetId?: string
}

export interface StackOutput {
  key: string
  value: string
  description?: string
  exportName?: string
}

export type OnFailure = 'ROLLBACK' | 'DO_NOTHING' | 'DELETE'

/** The operation that a stack is in the middle of; all that is needed to take it up again after a crash. */
export interface Operation {
  kind: 'CREATE' | 'UPDATE' | 'DELETE'
  phase: 'forward' | 'rollback' | 'cleanup'
  target: Target
  onFailure: OnFailure
  retainExceptOnCreate: boolean
  /** Logical ids that a deletion leaves alone. */
  retain: string[]
  /** The resources as they were, for the way back. */
  before: Resource[]
  token?: string
}

export interface Stack {
  /** The ARN. */
  id: string
  name: string
  status: string
  reason?: string
  createdAt: number
  updatedAt?: number
  deletedAt?: number
  /** What the stack last became; for a new stack, what it is becoming. */
  current: Target
  outputs: StackOutput[]
  /** Names of exports that it imports. */
  imports: string[]
  terminationProtection: boolean
  disableRollback: boolean
  /** What the last drift detection found. */
  drift?: { status: 'DRIFTED' | 'IN_SYNC'; at: number }
  operation?: Operation
}

/** One resource of a stack. */
export interface Resource {
  logicalId: string
  type: string
  status: string
  reason?: string
  /** Absent until it has been made. */
  physicalId?: string
  updatedAt: number
  /** As evaluated, with dynamic references still in place. */
  properties: Record<string, unknown>
  /** What `Fn::GetAtt` yields. */
  attributes: Record<string, unknown>
  metadata?: unknown
  deletionPolicy: Policy
  updateReplacePolicy: Policy
  dependsOn: string[]
  /** How often it has been replaced; part of generated names. */
  generation: number
  /** What the last drift detection found. */
  drift?: ResourceDrift
}

/** How a resource compares with what its stack made of it. */
export interface ResourceDrift {
  status: 'IN_SYNC' | 'MODIFIED' | 'DELETED' | 'NOT_CHECKED'
  at: number
  /** Properties as the template has them and as they are; only what could be read. */
  expected?: Record<string, unknown>
  actual?: Record<string, unknown>
}

/** A physical resource that waits to be removed at the end of an operation. */
export interface Leftover extends Resource {
  /** Replaced by a newer one, no longer in the template, or made by an operation that was rolled back. */
  cause: 'replaced' | 'removed' | 'undone'
}

export interface StackEvent {
  id: string
  stackId: string
  stackName: string
  logicalId: string
  physicalId: string
  type: string
  at: number
  status: string
  reason?: string
  token?: string
}
