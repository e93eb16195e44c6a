import type {
  Change,
  Stack as DescribedStack,
  ResourceChangeDetail,
  StackResourceDetail,
  StackSummary,
  StackEvent as ToldEvent,
} from '@aws-sdk/client-cloudformation'
import type { Resource, Stack, StackEvent, Target } from '../engine/model.ts'
import type { PlannedChange, PlannedDetail } from '../engine/plan.ts'
import { isSecret } from '../template/parameters.ts'
import { parseTemplate } from '../template/parse.ts'
import { type ChangedPath, changedPaths } from './changed-paths.ts'

export function describeStack(stack: Stack): DescribedStack {
  const { current } = stack
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: current.changeSetId,
    Description: current.description,
    Parameters: describeParameters(current),
    CreationTime: new Date(stack.createdAt),
    LastUpdatedTime: stack.updatedAt === undefined ? undefined : new Date(stack.updatedAt),
    DeletionTime: stack.deletedAt === undefined ? undefined : new Date(stack.deletedAt),
    RollbackConfiguration: {},
    StackStatus: stack.status as DescribedStack['StackStatus'],
    StackStatusReason: stack.reason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: current.notificationArns,
    Capabilities: current.capabilities as DescribedStack['Capabilities'],
    Outputs: stack.outputs.map(output => ({
      OutputKey: output.key,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
    Tags: current.tags,
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: {
      StackDriftStatus: stack.drift?.status ?? 'NOT_CHECKED',
      LastCheckTimestamp: timeOf(stack.drift?.at),
    },
  }
}

export function summarizeStack(stack: Stack): StackSummary {
  const told = describeStack(stack)
  const { StackId, StackName, CreationTime, LastUpdatedTime, DeletionTime, StackStatus, StackStatusReason } =
    told
  return {
    StackId,
    StackName,
    TemplateDescription: stack.current.description,
    CreationTime,
    LastUpdatedTime,
    DeletionTime,
    StackStatus,
    StackStatusReason,
    DriftInformation: told.DriftInformation,
  }
}

/** The parameters of a stack or change set; those with `NoEcho` as asterisks. */
export function describeParameters(target: Target) {
  if (target.parameters.length === 0) return []
  const { parameters } = parseTemplate(target.templateBody)
  return target.parameters.map(({ key, value, resolved }) => ({
    ParameterKey: key,
    ParameterValue: isSecret(parameters[key]) ? '****' : value,
    ResolvedValue: isSecret(parameters[key]) ? undefined : resolved,
  }))
}

export function describeResource(
  stack: Stack,
  resource: Resource,
): StackResourceDetail & { Timestamp: Date } {
  const at = new Date(resource.updatedAt)
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    Timestamp: at,
    LastUpdatedTimestamp: at,
    ResourceStatus: resource.status as StackResourceDetail['ResourceStatus'],
    ResourceStatusReason: resource.reason,
    Metadata: resource.metadata === undefined ? undefined : JSON.stringify(resource.metadata),
    DriftInformation: {
      StackResourceDriftStatus: resource.drift?.status ?? 'NOT_CHECKED',
      LastCheckTimestamp: timeOf(resource.drift?.at),
    },
  }
}

export function describeEvent(event: StackEvent): ToldEvent {
  return {
    StackId: event.stackId,
    EventId: event.id,
    StackName: event.stackName,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: new Date(event.at),
    ResourceStatus: event.status as ToldEvent['ResourceStatus'],
    ResourceStatusReason: event.reason,
    ClientRequestToken: event.token,
  }
}

/** One entry of a change set. @param withValues whether the values before and after are shown */
export function describeChange(change: PlannedChange, withValues: boolean): Change {
  const { action, logicalId, physicalId, type, replacement, policyAction, details } = change
  return {
    Type: 'Resource',
    ResourceChange: {
      PolicyAction: policyAction,
      Action: action,
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
      Replacement: replacement,
      Scope: [...new Set(details.map(detail => detail.attribute))],
      Details: details.flatMap(detail => describeDetail(detail, withValues)),
    },
  }
}

/** One entry for each place in a property that differs; a value that is hidden is not looked into. */
function describeDetail(detail: PlannedDetail, withValues: boolean): ResourceChangeDetail[] {
  const { attribute, name, recreation, source } = detail
  const dynamic = source && source.source !== 'ParameterReference'
  const root = attribute === 'Properties' ? `/Properties/${name}` : `/${attribute}`
  const found = changedPaths(plain(detail.before), plain(detail.after))
  const paths: ChangedPath[] = found.length > 0 ? found : [{ ...detail, path: '', kind: 'Modify' }]
  return paths.map(({ path, kind, before, after }) => ({
    Target: {
      Attribute: attribute,
      Name: attribute === 'Properties' ? name : undefined,
      RequiresRecreation: recreation,
      Path: root + path,
      BeforeValue: withValues ? shown(before) : undefined,
      AfterValue: withValues ? shown(after) : undefined,
      AttributeChangeType: kind,
    },
    Evaluation: dynamic ? 'Dynamic' : 'Static',
    ChangeSource: source?.source ?? 'DirectModification',
    CausingEntity: source?.entity,
  }))
}

/** Without the objects that stand for values not known yet: as text, which is how they are shown. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function timeOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at)
}

function shown(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  return JSON.stringify(value)
}
