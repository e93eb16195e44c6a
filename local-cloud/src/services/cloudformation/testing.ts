import {
  CloudFormationClient,
  CreateChangeSetCommand,
  type CreateChangeSetCommandInput,
  DescribeChangeSetCommand,
  type DescribeChangeSetCommandOutput,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ExecuteChangeSetCommand,
  type Stack,
  type StackEvent,
  type StackResourceDrift,
} from '@aws-sdk/client-cloudformation'
import type { TestCloud } from '../../testing.ts'

/** Longest that a test waits for a stack. */
const PATIENCE_MS = 15_000

/** What tests do with stacks, by the real SDK client. */
export function stackDriver(cloud: Pick<TestCloud, 'client'>) {
  const client = new CloudFormationClient(cloud.client)
  let count = 0

  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS
    while (Date.now() < deadline) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    throw new Error('what the test waits for did not come')
  }

  async function describe(StackName: string): Promise<Stack> {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }))
    return Stacks?.[0] as Stack
  }

  /** Creates a change set and waits for it. */
  async function change(
    StackName: string,
    template: object,
    more: Partial<CreateChangeSetCommandInput> = {},
  ): Promise<DescribeChangeSetCommandOutput> {
    const { Id } = await client.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: `set-${++count}`,
        TemplateBody: JSON.stringify(template),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        ...more,
      }),
    )
    return until(async () => {
      const set = await client.send(
        new DescribeChangeSetCommand({ ChangeSetName: Id, IncludePropertyValues: true }),
      )
      return /PENDING|IN_PROGRESS/.test(set.Status ?? '') ? undefined : set
    })
  }

  /** Waits until a stack has come to rest. */
  function settled(stack: string): Promise<Stack> {
    return until(async () => {
      const found = await describe(stack)
      return found.StackStatus?.endsWith('IN_PROGRESS') ? undefined : found
    })
  }

  /** Applies a template by a change set, as `clarity` does, and waits for the end. */
  async function apply(
    StackName: string,
    template: object,
    more: Partial<CreateChangeSetCommandInput> = {},
  ): Promise<Stack> {
    const { ChangeSetId, StackId, Status, StatusReason } = await change(StackName, template, more)
    if (Status !== 'CREATE_COMPLETE') throw new Error(`${Status}: ${StatusReason}`)
    await client.send(new ExecuteChangeSetCommand({ ChangeSetName: ChangeSetId }))
    return settled(StackId as string)
  }

  async function events(StackName: string): Promise<StackEvent[]> {
    const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }))
    return StackEvents
  }

  /** Detects drift of a whole stack. @returns what drifted, and what could be checked, by logical id */
  async function drift(StackName: string): Promise<{ drifted: StackResourceDrift[]; checked: string[] }> {
    const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName }))
    const done = await until(async () => {
      const status = await client.send(
        new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }),
      )
      return status.DetectionStatus === 'DETECTION_IN_PROGRESS' ? undefined : status
    })
    if (done.DetectionStatus !== 'DETECTION_COMPLETE') throw new Error(done.DetectionStatusReason)
    const { StackResourceDrifts: found = [] } = await client.send(
      new DescribeStackResourceDriftsCommand({ StackName }),
    )
    return {
      drifted: found.filter(one => one.StackResourceDriftStatus !== 'IN_SYNC'),
      checked: found.map(one => one.LogicalResourceId as string),
    }
  }

  return { client, drift, until, describe, change, settled, apply, events }
}
