import type {
  DescribeStackEventsInput,
  DescribeStackEventsOutput,
  DescribeStackResourceInput,
  DescribeStackResourceOutput,
  DescribeStackResourcesInput,
  DescribeStackResourcesOutput,
  ListStackResourcesInput,
  ListStackResourcesOutput,
} from '@aws-sdk/client-cloudformation'
import type { Operation as Handler } from '../../../core/service.ts'
import type { Resource, Stack } from '../engine/model.ts'
import type { State } from '../engine/state.ts'
import { validationError } from '../errors.ts'
import { describeEvent, describeResource } from './answers.ts'
import { page } from './input.ts'

const PAGE = 100

/** What a stack consists of and what happened to it. */
export function resourceOperations(state: State): Record<string, Handler> {
  function describeStackEvents(input: DescribeStackEventsInput): DescribeStackEventsOutput {
    const stack = state.get(input.StackName)
    const { items, next } = page(state.events(stack), input.NextToken, PAGE)
    return { StackEvents: items.map(describeEvent), NextToken: next }
  }

  function describeStackResources(input: DescribeStackResourcesInput): DescribeStackResourcesOutput {
    const owned = input.StackName ? { stack: state.get(input.StackName) } : ownerOf(input.PhysicalResourceId)
    const found = state
      .resources(owned.stack)
      .filter(resource => !input.LogicalResourceId || resource.logicalId === input.LogicalResourceId)
    return {
      StackResources: found.map(resource => {
        const { Metadata: _, LastUpdatedTimestamp: __, ...rest } = describeResource(owned.stack, resource)
        return rest
      }),
    }
  }

  function describeStackResource(input: DescribeStackResourceInput): DescribeStackResourceOutput {
    const stack = state.get(input.StackName)
    const resource = state.resource(stack, input.LogicalResourceId ?? '')
    if (!resource)
      throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`)
    const { Timestamp: _, ...rest } = describeResource(stack, resource)
    return { StackResourceDetail: rest }
  }

  function listStackResources(input: ListStackResourcesInput): ListStackResourcesOutput {
    const stack = state.get(input.StackName)
    const { items, next } = page(state.resources(stack), input.NextToken, PAGE)
    return {
      StackResourceSummaries: items.map(resource => {
        const {
          Timestamp: _,
          Metadata: __,
          StackName: ___,
          StackId: ____,
          ...rest
        } = describeResource(stack, resource)
        return rest
      }),
      NextToken: next,
    }
  }

  function ownerOf(physicalId: string | undefined): { stack: Stack; resource: Resource } {
    for (const stack of state.all())
      for (const resource of state.resources(stack))
        if (physicalId && resource.physicalId === physicalId && resource.status !== 'DELETE_COMPLETE')
          return { stack, resource }
    throw validationError(`Stack for ${physicalId} does not exist`)
  }

  return {
    DescribeStackEvents: describeStackEvents,
    DescribeStackResources: describeStackResources,
    DescribeStackResource: describeStackResource,
    ListStackResources: listStackResources,
  }
}
