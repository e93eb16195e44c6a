import { randomUUID } from 'node:crypto'
import type {
  DescribeStackDriftDetectionStatusInput,
  DescribeStackDriftDetectionStatusOutput,
  DescribeStackResourceDriftsInput,
  DetectStackDriftInput,
  DetectStackResourceDriftInput,
  StackResourceDrift,
} from '@aws-sdk/client-cloudformation'
import { AwsError } from '../../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../../core/service.ts'
import type { Resource, ResourceDrift, Stack } from '../engine/model.ts'
import { PRINCIPAL } from '../engine/resource-work.ts'
import type { State } from '../engine/state.ts'
import { reasonOf, validationError } from '../errors.ts'
import { list, page } from '../operations/input.ts'
import { comparedProperties, differences } from './compare.ts'
import type { Reader } from './reader.ts'

interface Detection {
  id: string
  stackId: string
  status: 'DETECTION_IN_PROGRESS' | 'DETECTION_COMPLETE' | 'DETECTION_FAILED'
  reason?: string
  drift?: 'DRIFTED' | 'IN_SYNC'
  drifted: number
  at: number
}

const PAGE = 100
/** The states of a stack in which drift can be detected (AWS CloudFormation User Guide, "Detecting unmanaged changes"). */
const DETECTABLE = /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|UPDATE_ROLLBACK_FAILED)$/
/** How services say that what is asked for is not there. */
const ABSENT = /NotFound|NoSuch|NonExistent|DoesNotExist/

/** Drift: whether what stacks have made is still as they made it. */
export function driftOperations(context: ServiceContext, state: State, readers: Record<string, Reader>) {
  const detections = context.store.collection<Detection>('cloudformation', 'drift-detection')

  async function look(resource: Resource): Promise<ResourceDrift> {
    const at = context.clock.now()
    const reader = readers[resource.type]
    if (!reader || !resource.physicalId) return { status: 'NOT_CHECKED', at }
    const { region, accountId } = context
    const call = <Output>(service: string, operation: string, input: object) =>
      context.invoke<Output>(service, operation, input, PRINCIPAL)
    try {
      const actual = await reader(resource.physicalId, resource.properties, { region, accountId, call })
      const expected = comparedProperties(resource.properties, actual)
      const status = differences(resource.properties, actual).length > 0 ? 'MODIFIED' : 'IN_SYNC'
      return { status, at, expected, actual: comparedProperties(actual, expected) }
    } catch (error) {
      if (error instanceof AwsError && ABSENT.test(error.code)) return { status: 'DELETED', at }
      throw error
    }
  }

  /** Keeps what was found unless an operation has changed the resource meanwhile. */
  async function detect(stack: Stack, resource: Resource): Promise<Resource> {
    const drift = await look(resource)
    const now = state.resource(stack, resource.logicalId)
    if (now?.physicalId === resource.physicalId && now?.updatedAt === resource.updatedAt)
      state.putResource(stack, { ...now, drift })
    return { ...resource, drift }
  }

  function begin(input: DetectStackDriftInput) {
    const stack = checkedStack(input.StackName)
    const wanted = new Set(list<string>(input.LogicalResourceIds))
    const resources = state
      .resources(stack)
      .filter(({ logicalId }) => wanted.size === 0 || wanted.has(logicalId))
    const id = randomUUID()
    const detection: Detection = {
      id,
      stackId: stack.id,
      status: 'DETECTION_IN_PROGRESS',
      drifted: 0,
      at: context.clock.now(),
    }
    detections.put(id, detection)
    void run(detection, stack, resources)
    return { StackDriftDetectionId: id }
  }

  async function run(detection: Detection, stack: Stack, resources: Resource[]): Promise<void> {
    const failed: string[] = []
    let drifted = 0
    for (const resource of resources) {
      // Lets requests in between, and the answer to this one out first.
      await context.clock.sleep(0)
      try {
        const { drift } = await detect(stack, resource)
        if (drift?.status === 'MODIFIED' || drift?.status === 'DELETED') drifted++
      } catch (error) {
        failed.push(`${resource.logicalId}: ${reasonOf(error)}`)
      }
    }
    const drift = drifted > 0 ? 'DRIFTED' : 'IN_SYNC'
    const at = context.clock.now()
    detections.put(detection.id, {
      ...detection,
      status: failed.length > 0 ? 'DETECTION_FAILED' : 'DETECTION_COMPLETE',
      reason: failed.length > 0 ? `Failed to detect drift on resources [${failed.join('; ')}]` : undefined,
      drift,
      drifted,
    })
    const now = state.find(stack.id)
    if (now && now.status !== 'DELETE_COMPLETE') state.noteDrift(now, { status: drift, at })
  }

  function status(input: DescribeStackDriftDetectionStatusInput): DescribeStackDriftDetectionStatusOutput {
    const found = detections.get(input.StackDriftDetectionId ?? '')
    if (!found) throw validationError(`Drift detection id ${input.StackDriftDetectionId} does not exist`)
    return {
      StackId: found.stackId,
      StackDriftDetectionId: found.id,
      StackDriftStatus: found.drift,
      DetectionStatus: found.status,
      DetectionStatusReason: found.reason,
      DriftedStackResourceCount: found.status === 'DETECTION_IN_PROGRESS' ? undefined : found.drifted,
      Timestamp: new Date(found.at),
    }
  }

  function describe(input: DescribeStackResourceDriftsInput) {
    const stack = state.get(input.StackName)
    const wanted = new Set<string>(list(input.StackResourceDriftStatusFilters))
    const found = state
      .resources(stack)
      .filter(({ drift }) => drift && (wanted.size === 0 || wanted.has(drift.status)))
      .filter(({ drift }) => drift?.status !== 'NOT_CHECKED')
    const { items, next } = page(found, input.NextToken, Number(input.MaxResults ?? PAGE))
    return { StackResourceDrifts: items.map(one => view(stack, one)), NextToken: next }
  }

  async function detectOne(input: DetectStackResourceDriftInput) {
    const stack = checkedStack(input.StackName)
    const resource = state.resource(stack, input.LogicalResourceId ?? '')
    if (!resource)
      throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`)
    if (!readers[resource.type])
      throw validationError(
        `Drift detection is not supported for resource type ${resource.type}: the local cloud cannot read it back`,
      )
    return { StackResourceDrift: view(stack, await detect(stack, resource)) }
  }

  function checkedStack(name: string | undefined): Stack {
    const stack = state.get(name)
    if (!DETECTABLE.test(stack.status))
      throw validationError(`Drift detection cannot be performed on stack in status ${stack.status}`)
    return stack
  }

  return {
    operations: {
      DetectStackDrift: begin,
      DescribeStackDriftDetectionStatus: status,
      DescribeStackResourceDrifts: describe,
      DetectStackResourceDrift: detectOne,
    } as Record<string, Operation>,
    /** Detections that the end of the cloud broke off have failed. */
    resume(): void {
      for (const found of detections.list())
        if (found.status === 'DETECTION_IN_PROGRESS')
          detections.put(found.id, {
            ...found,
            status: 'DETECTION_FAILED',
            reason: 'The local cloud ended meanwhile; detect again',
          })
    },
  }
}

function view(stack: Stack, resource: Resource): StackResourceDrift {
  const { drift } = resource
  const { expected = {}, actual = {} } = drift ?? {}
  const known = drift?.status === 'MODIFIED' || drift?.status === 'IN_SYNC'
  return {
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ExpectedProperties: JSON.stringify(expected),
    ActualProperties: known ? JSON.stringify(actual) : undefined,
    PropertyDifferences: known
      ? differences(expected, actual).map(one => ({
          PropertyPath: one.path,
          ExpectedValue: text(one.expected),
          ActualValue: text(one.actual),
          DifferenceType: one.kind,
        }))
      : undefined,
    StackResourceDriftStatus: drift?.status,
    Timestamp: new Date(drift?.at ?? 0),
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
}
