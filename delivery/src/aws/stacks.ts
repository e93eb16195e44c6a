import { setTimeout as sleep } from 'node:timers/promises'
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetOutput,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  type ResourceChange,
  type StackEvent,
} from '@aws-sdk/client-cloudformation'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

export interface StackChanges {
  changeSetId: string
  changes: ResourceChange[]
}

/** The calls that bring a stack to its template, always by change set. */
export interface Stacks {
  /** What deploying `template` would change; undefined when nothing would. The change set waits to be applied. */
  propose(stackName: string, template: object): Promise<StackChanges | undefined>
  /** Applies a change set and follows it to its end. */
  apply(stackName: string, changeSetId: string, onEvent: (event: StackEvent) => void): Promise<void>
  discard(stackName: string, changeSetId: string): Promise<void>
  exists(stackName: string): Promise<boolean>
  /** The template that a stack was last brought to; undefined where there is no stack. */
  template(stackName: string): Promise<Record<string, unknown> | undefined>
  /** Deletes a stack and follows that to its end. */
  remove(stackName: string, onEvent: (event: StackEvent) => void): Promise<void>
  /** Resources that the endpoint stores without enforcing, by type; empty on AWS. */
  recordedOnly(stackName: string): Promise<string[]>
}

/** @param pollMs pause between two looks at a change set or stack */
export function createStacks(access: Access, pollMs: number): Stacks {
  const client = new CloudFormationClient(clientConfig(access))

  async function statusOf(StackName: string): Promise<string | undefined> {
    try {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }))
      return Stacks?.[0]?.StackStatus
    } catch (error) {
      if (/does not exist/.test((error as Error).message)) return undefined
      throw error
    }
  }

  async function exists(name: string): Promise<boolean> {
    return ![undefined, 'REVIEW_IN_PROGRESS', 'DELETE_COMPLETE'].includes(await statusOf(name))
  }

  async function propose(StackName: string, template: object): Promise<StackChanges | undefined> {
    const status = await statusOf(StackName)
    if (status?.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS')
      throw new ClarityError(
        'stack_busy',
        `stack ${StackName} is ${status}`,
        'wait for it to end, then run this again',
      )
    if (status === 'ROLLBACK_COMPLETE')
      throw new ClarityError(
        'stack_broken',
        `stack ${StackName} is left over from a first deployment that failed`,
        `delete it, then run this again: aws cloudformation delete-stack --stack-name ${StackName}`,
      )
    const { Id: changeSetId = '' } = await client.send(
      new CreateChangeSetCommand({
        StackName,
        ChangeSetName: `clarity-${Date.now()}`,
        ChangeSetType: status === undefined || status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE',
        TemplateBody: JSON.stringify(template),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
      }),
    )
    for (;;) {
      const set = await client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName: changeSetId }))
      if (set.Status === 'CREATE_COMPLETE') return { changeSetId, changes: await allChanges(StackName, set) }
      if (set.Status === 'FAILED') {
        await client.send(new DeleteChangeSetCommand({ StackName, ChangeSetName: changeSetId }))
        if (/didn't contain changes|No updates are to be performed/.test(set.StatusReason ?? ''))
          return undefined
        throw new ClarityError(
          'change_set_failed',
          `${StackName}: ${set.StatusReason}`,
          'mend the template in infra/',
        )
      }
      await sleep(pollMs)
    }
  }

  async function allChanges(StackName: string, first: DescribeChangeSetOutput): Promise<ResourceChange[]> {
    const pages = [first]
    for (let page = first; page.NextToken; pages.push(page))
      page = await client.send(
        new DescribeChangeSetCommand({
          StackName,
          ChangeSetName: first.ChangeSetId,
          NextToken: page.NextToken,
        }),
      )
    return pages.flatMap(page => (page.Changes ?? []).flatMap(({ ResourceChange }) => ResourceChange ?? []))
  }

  async function apply(
    StackName: string,
    changeSetId: string,
    onEvent: (event: StackEvent) => void,
  ): Promise<void> {
    const news = await newsOf(StackName, onEvent)
    await client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName: changeSetId }))
    for (;;) {
      const status = await statusOf(StackName)
      const failures = await news()
      if (status?.endsWith('_COMPLETE') && !status.includes('ROLLBACK') && status !== 'REVIEW_IN_PROGRESS')
        return
      if (status?.endsWith('_FAILED') || status?.endsWith('ROLLBACK_COMPLETE'))
        throw failed(StackName, status, failures)
      await sleep(pollMs)
    }
  }

  async function remove(StackName: string, onEvent: (event: StackEvent) => void): Promise<void> {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }))
    const StackId = Stacks?.[0]?.StackId ?? StackName
    const news = await newsOf(StackId, onEvent)
    await client.send(new DeleteStackCommand({ StackName }))
    for (;;) {
      // a stack that is gone is still known by its id
      const status = await statusOf(StackId)
      const failures = await news()
      if (status === undefined || status === 'DELETE_COMPLETE') return
      if (status === 'DELETE_FAILED') throw failed(StackName, status, failures)
      await sleep(pollMs)
    }
  }

  /** Tells each new event once, oldest first. @returns a look for more, with every failure so far */
  async function newsOf(
    StackName: string,
    onEvent: (event: StackEvent) => void,
  ): Promise<() => Promise<StackEvent[]>> {
    const seen = new Set((await events(StackName)).map(event => event.EventId))
    const failures: StackEvent[] = []
    return async () => {
      for (const event of (await events(StackName)).reverse()) {
        if (seen.has(event.EventId)) continue
        seen.add(event.EventId)
        if (event.ResourceStatus?.endsWith('_FAILED')) failures.push(event)
        onEvent(event)
      }
      return failures
    }
  }

  async function events(StackName: string): Promise<StackEvent[]> {
    return (await client.send(new DescribeStackEventsCommand({ StackName }))).StackEvents ?? []
  }

  return {
    propose,
    apply,
    remove,
    exists,
    template: async StackName => {
      if (!(await exists(StackName))) return undefined
      const { TemplateBody } = await client.send(
        new GetTemplateCommand({ StackName, TemplateStage: 'Original' }),
      )
      return JSON.parse(TemplateBody ?? '{}')
    },
    discard: async (StackName, ChangeSetName) => {
      await client.send(new DeleteChangeSetCommand({ StackName, ChangeSetName }))
    },
    recordedOnly: async StackName => {
      const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }))
      return StackResources.filter(r => /recorded, not enforced/.test(r.ResourceStatusReason ?? '')).map(
        r => r.ResourceType ?? '',
      )
    },
  }
}

/** The first failure is the cause; what came after it was only cancelled. */
function failed(stackName: string, status: string, failures: StackEvent[]): ClarityError {
  const causes = failures.filter(event => !/cancelled/i.test(event.ResourceStatusReason ?? ''))
  const [cause = failures[0]] = causes
  return new ClarityError(
    'stack_failed',
    `stack ${stackName} ended as ${status}: ${cause?.LogicalResourceId} (${cause?.ResourceType}): ${cause?.ResourceStatusReason}`,
    'mend the named resource in infra/, then run this again; what served before still serves',
    {
      evidence: causes
        .slice(1, 6)
        .map(e => `${e.LogicalResourceId} (${e.ResourceType}): ${e.ResourceStatusReason}`),
    },
  )
}
