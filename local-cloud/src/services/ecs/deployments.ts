import type {
  ContinueServiceDeploymentRequest,
  DescribeServiceDeploymentsRequest,
  ListServiceDeploymentsRequest,
  ServiceDeployment,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceRevisionSummary,
  StopServiceDeploymentRequest,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Operation } from '../../core/service.ts'
import { serviceKeyOf } from './arns.ts'
import { answerHook, breakerThreshold, rollBack, TERMINAL } from './deployment-machine.ts'
import { planOf } from './deployment-plan.ts'
import type { DeploymentRecord } from './deployment-record.ts'
import { conflict, deploymentNotFound, invalidParameter, unsupported } from './errors.ts'
import { page } from './pages.ts'
import type { Records, ServiceRecord } from './records.ts'
import { revisionCounts } from './service-view.ts'
import { findService } from './services.ts'

/** Most deployments of one description. */
const MOST_DESCRIBED = 20

/** Service deployments: what they are, stopping them, and answering their hooks. */
export function deploymentOperations(
  records: Records,
  clock: Clock,
  kick: (serviceKey: string) => void,
): Record<string, Operation> {
  function list(input: ListServiceDeploymentsRequest) {
    const { serviceArn = '' } = findService(records, input.cluster, input.service).service
    const { before, after } = (input.createdAt ?? {}) as { before?: number; after?: number }
    const all = records.deployments
      .list(`${serviceArn.replace(':service/', ':service-deployment/')}/`)
      .filter(({ state, createdAt }) => {
        if (input.status?.length && !input.status.includes(state.status)) return false
        return (
          (before === undefined || createdAt < Number(before) * 1000) &&
          (after === undefined || createdAt > Number(after) * 1000)
        )
      })
      .sort((a, b) => b.createdAt - a.createdAt)
    const { items, nextToken } = page(all, input)
    const serviceDeployments = items.map(({ state, targetArn, arn, ...deployment }) => ({
      serviceDeploymentArn: arn,
      serviceArn: deployment.serviceArn,
      clusterArn: deployment.clusterArn,
      ...datesOf(deployment as DeploymentRecord),
      targetServiceRevisionArn: targetArn,
      status: state.status,
      ...(state.statusReason && { statusReason: state.statusReason }),
    }))
    return { serviceDeployments, nextToken }
  }

  function describe(input: DescribeServiceDeploymentsRequest) {
    const arns = input.serviceDeploymentArns ?? []
    if (arns.length === 0 || arns.length > MOST_DESCRIBED)
      throw invalidParameter(`serviceDeploymentArns must name 1 to ${MOST_DESCRIBED} deployments.`)
    const found = arns.map(arn => records.deployments.get(arn))
    return {
      serviceDeployments: found.filter(d => d !== undefined).map(show),
      failures: arns.filter((_, i) => !found[i]).map(arn => ({ arn, reason: 'MISSING' })),
    }
  }

  function stop(input: StopServiceDeploymentRequest) {
    const deployment = find(input.serviceDeploymentArn)
    const { stopType = 'ROLLBACK' } = input
    if (stopType !== 'ROLLBACK')
      throw unsupported(`stopType ${stopType} is not in the local cloud; ROLLBACK is.`)
    if (TERMINAL.has(deployment.state.status))
      throw conflict(
        `The service deployment is in the terminal state ${deployment.state.status} and cannot be stopped.`,
      )
    const reason = 'Service deployment rolled back because StopServiceDeployment was called.'
    save({
      ...deployment,
      state: rollBack(planOf(deployment, clock), deployment.state, reason, clock.now(), true),
    })
    return { serviceDeploymentArn: deployment.arn }
  }

  function resume(input: ContinueServiceDeploymentRequest) {
    const deployment = find(input.serviceDeploymentArn)
    const { hookId = '', action = 'CONTINUE' } = input
    if (!/^ecs-[a-z]+-[\w-]+$/.test(hookId))
      throw invalidParameter('Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}')
    if (!['CONTINUE', 'ROLLBACK'].includes(action)) throw invalidParameter(`Invalid action ${action}.`)
    if (TERMINAL.has(deployment.state.status))
      throw invalidParameter(
        'Continuing a service deployment is not allowed for service deployment in terminal states.',
      )
    const state = answerHook(planOf(deployment, clock), deployment.state, hookId, action, clock.now())
    if (!state)
      throw invalidParameter(
        'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN',
      )
    save({ ...deployment, state })
    return { serviceDeploymentArn: deployment.arn }
  }

  function find(arn = ''): DeploymentRecord {
    const deployment = records.deployments.get(arn)
    if (!deployment) throw deploymentNotFound()
    return deployment
  }

  function save(deployment: DeploymentRecord): void {
    records.deployments.put(deployment.arn, { ...deployment, updatedAt: clock.now() })
    kick(serviceKeyOf(deployment.serviceArn))
  }

  function show(deployment: DeploymentRecord): ServiceDeployment {
    const { state, configuration, targetArn, sourceArn, staleArns } = deployment
    const service = records.services.get(serviceKeyOf(deployment.serviceArn))
    const plan = planOf(deployment, clock)
    const summary = (arn: string) => summaryOf(deployment, service, arn)
    return {
      serviceDeploymentArn: deployment.arn,
      serviceArn: deployment.serviceArn,
      clusterArn: deployment.clusterArn,
      ...datesOf(deployment),
      sourceServiceRevisions: [sourceArn, ...staleArns].filter(arn => arn !== undefined).map(summary),
      targetServiceRevision: summary(targetArn),
      status: state.status,
      ...(state.statusReason && { statusReason: state.statusReason }),
      // The SDK's type lacks PRE_PRODUCTION_TRAFFIC_SHIFT, which AWS documents.
      ...(state.stage && { lifecycleStage: state.stage as ServiceDeployment['lifecycleStage'] }),
      lifecycleHookDetails: state.hooks.map(({ hookId, status, expiresAt, timeoutAction }) => ({
        hookId,
        targetType: 'PAUSE' as const,
        status,
        expiresAt: new Date(expiresAt),
        timeoutAction,
      })),
      deploymentConfiguration: configuration,
      ...(state.rollback && {
        rollback: {
          reason: state.rollback.reason,
          startedAt: new Date(state.rollback.startedAt),
          serviceRevisionArn: sourceArn,
        },
      }),
      deploymentCircuitBreaker: {
        status: monitor(plan.breaker !== undefined, state.tripped, deployment),
        failureCount: state.failures,
        threshold: plan.breaker ? breakerThreshold(plan.breaker, service?.service.desiredCount ?? 0) : 0,
      },
      alarms: {
        status: monitor(plan.alarms !== undefined, deployment.triggeredAlarms.length > 0, deployment),
        alarmNames: configuration.alarms?.alarmNames ?? [],
        triggeredAlarmNames: deployment.triggeredAlarms,
      },
    }
  }

  function summaryOf(
    deployment: DeploymentRecord,
    service: ServiceRecord | undefined,
    arn: string,
  ): ServiceRevisionSummary {
    const { state, targetArn, sourceArn, configuration, finalCounts } = deployment
    const counts = finalCounts?.[arn] ?? revisionCounts(records, arn)
    const isTarget = arn === targetArn
    const over = state.status === 'SUCCESSFUL' || state.status === 'ROLLBACK_SUCCESSFUL'
    const wanted = over ? isTarget === (state.status === 'SUCCESSFUL') : isTarget || arn === sourceArn
    const shifts =
      (configuration.strategy ?? 'ROLLING') !== 'ROLLING' && service?.service.loadBalancers?.length
    const weight = (percent: number) => (isTarget ? percent : arn === sourceArn ? 100 - percent : 0)
    return {
      arn,
      requestedTaskCount: wanted ? (service?.service.desiredCount ?? 0) : 0,
      runningTaskCount: counts.running,
      pendingTaskCount: counts.pending,
      ...(shifts && {
        requestedTestTrafficWeight: weight(state.test),
        requestedProductionTrafficWeight: weight(state.production),
      }),
    }
  }

  return {
    ListServiceDeployments: list,
    DescribeServiceDeployments: describe,
    StopServiceDeployment: stop,
    ContinueServiceDeployment: resume,
  }
}

function datesOf({ createdAt, startedAt, finishedAt, stoppedAt, updatedAt }: DeploymentRecord) {
  const dates = { createdAt, startedAt, finishedAt, stoppedAt, updatedAt }
  return Object.fromEntries(
    Object.entries(dates).flatMap(([name, at]) => (at === undefined ? [] : [[name, new Date(at)]])),
  )
}

function monitor(
  enabled: boolean,
  triggered: boolean | undefined,
  { state }: DeploymentRecord,
): ServiceDeploymentRollbackMonitorsStatus {
  if (!enabled) return 'DISABLED'
  if (triggered) return 'TRIGGERED'
  return TERMINAL.has(state.status) ? 'MONITORING_COMPLETE' : 'MONITORING'
}
