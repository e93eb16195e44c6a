import type { DeploymentConfiguration, LoadBalancer } from '@aws-sdk/client-ecs'
import { invalidParameter, unsupported } from './errors.ts'
import type { TaskDefinitionRecord } from './records.ts'

const PAUSE_STAGES = new Set([
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'POST_SCALE_UP',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
])
/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html */
const MOST_PAUSE_HOOKS = 10
const LONGEST_PAUSE = 20_160
/** Longest bake, in minutes. */
const LONGEST_BAKE = 1440

/** @throws InvalidParameterException, in AWS's words where they are published */
export function checkDeploymentConfiguration(configuration: DeploymentConfiguration): void {
  const { strategy = 'ROLLING', bakeTimeInMinutes, lifecycleHooks = [] } = configuration
  const within = (what: string, value: number | undefined, least: number, most: number) => {
    if (value !== undefined && !(value >= least && value <= most))
      throw invalidParameter(`${what} ${value} must be between ${least} and ${most}.`)
  }
  if (!['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY'].includes(strategy))
    throw invalidParameter(`Invalid deployment strategy ${strategy}.`)
  if (strategy === 'BLUE_GREEN' && bakeTimeInMinutes === undefined)
    throw invalidParameter('bakeTimeInMinutes is required when the deployment strategy is BLUE_GREEN.')
  within('bakeTimeInMinutes', bakeTimeInMinutes, 0, LONGEST_BAKE)
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = configuration
  within('minimumHealthyPercent', minimumHealthyPercent, 0, 100)
  within('maximumPercent', maximumPercent, 100, 10_000)
  if (strategy === 'ROLLING' && minimumHealthyPercent === 100 && maximumPercent === 100)
    throw invalidParameter(
      'maximumPercent 100 with minimumHealthyPercent 100 leaves no room for a deployment.',
    )
  within('stepPercent', configuration.linearConfiguration?.stepPercent, 3, 100)
  within('stepBakeTimeInMinutes', configuration.linearConfiguration?.stepBakeTimeInMinutes, 0, LONGEST_BAKE)
  within('canaryPercent', configuration.canaryConfiguration?.canaryPercent, 0.1, 100)
  within(
    'canaryBakeTimeInMinutes',
    configuration.canaryConfiguration?.canaryBakeTimeInMinutes,
    0,
    LONGEST_BAKE,
  )
  if (configuration.linearConfiguration && strategy !== 'LINEAR')
    throw invalidParameter('linearConfiguration is only valid with the LINEAR deployment strategy.')
  if (configuration.canaryConfiguration && strategy !== 'CANARY')
    throw invalidParameter('canaryConfiguration is only valid with the CANARY deployment strategy.')
  if (configuration.earlySuccessCriteria?.enable)
    throw unsupported('earlySuccessCriteria is not in the local cloud.')
  const threshold = configuration.deploymentCircuitBreaker?.thresholdConfiguration
  if (threshold && !(Number(threshold.value) >= 1))
    throw invalidParameter(`thresholdConfiguration value ${threshold.value} must be at least 1.`)
  checkHooks(strategy, lifecycleHooks)
}

function checkHooks(strategy: string, hooks: NonNullable<DeploymentConfiguration['lifecycleHooks']>): void {
  if (hooks.length === 0) return
  if (strategy === 'ROLLING')
    throw invalidParameter('lifecycleHooks need a deployment strategy other than ROLLING.')
  if (hooks.length > MOST_PAUSE_HOOKS)
    throw invalidParameter(`A service has at most ${MOST_PAUSE_HOOKS} pause hooks.`)
  for (const { targetType = 'AWS_LAMBDA', lifecycleStages = [], timeoutConfiguration } of hooks) {
    if (!['AWS_LAMBDA', 'PAUSE'].includes(targetType))
      throw invalidParameter('Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE')
    if (targetType === 'AWS_LAMBDA')
      throw unsupported('Lambda hooks are not in the local cloud; PAUSE hooks are.')
    if (lifecycleStages.length === 0) throw invalidParameter('lifecycleStages must not be empty.')
    if (lifecycleStages.some(stage => !PAUSE_STAGES.has(stage)))
      throw invalidParameter('Invalid lifecycle stage provided for Pause Hook')
    const { timeoutInMinutes = 1440, action = 'ROLLBACK' } = timeoutConfiguration ?? {}
    if (!(timeoutInMinutes >= 1 && timeoutInMinutes <= LONGEST_PAUSE))
      throw invalidParameter(`timeoutInMinutes ${timeoutInMinutes} must be between 1 and ${LONGEST_PAUSE}.`)
    if (!['CONTINUE', 'ROLLBACK'].includes(action))
      throw invalidParameter(`Invalid timeout action ${action}. Valid values are: CONTINUE, ROLLBACK`)
  }
}

/**
 * What AWS refuses at once about a service's load balancers.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
 */
export function checkLoadBalancers(
  balancers: LoadBalancer[],
  strategy: string,
  definition: TaskDefinitionRecord,
): void {
  const advanced = balancers.filter(balancer => balancer.advancedConfiguration)
  if (balancers.some(balancer => balancer.loadBalancerName))
    throw unsupported('Classic Load Balancers are not in the local cloud.')
  if (advanced.length > 0 && advanced.length < balancers.length)
    throw invalidParameter(
      'Either all or none of the provided loadBalancers must have advancedConfiguration defined',
    )
  if (balancers.length > advanced.length && strategy !== 'ROLLING')
    throw invalidParameter(
      'advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy',
    )
  const groups = balancers.map(balancer => balancer.targetGroupArn)
  const twice = groups.find((group, index) => groups.indexOf(group) !== index)
  if (twice) throw invalidParameter(`Duplicate targetGroupArn found: ${twice}`)
  for (const { targetGroupArn, containerName, containerPort, advancedConfiguration } of balancers) {
    if (!targetGroupArn) throw invalidParameter('The target group ARN must be specified.')
    const container = definition.containerDefinitions?.find(c => c.name === containerName)
    if (!container)
      throw invalidParameter(`The container ${containerName} does not exist in the task definition.`)
    if (!container.portMappings?.some(mapping => mapping.containerPort === containerPort))
      throw invalidParameter(
        `The container ${containerName} did not have a container port ${containerPort} defined.`,
      )
    if (advancedConfiguration) checkAdvanced(advancedConfiguration, targetGroupArn)
  }
}

function checkAdvanced(advanced: NonNullable<LoadBalancer['advancedConfiguration']>, group: string): void {
  const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } = advanced
  if (!alternateTargetGroupArn)
    throw invalidParameter('alternateTargetGroupArn is required in advancedConfiguration')
  if (!productionListenerRule)
    throw invalidParameter('productionListenerRule is required in advancedConfiguration')
  if (!roleArn) throw invalidParameter('roleArn is required in advancedConfiguration')
  if (alternateTargetGroupArn === group) throw invalidParameter(`Duplicate targetGroupArn found: ${group}`)
  for (const [name, arn] of Object.entries({ productionListenerRule, testListenerRule })) {
    if (arn === undefined || /:listener-rule\/app\//.test(arn)) continue
    if (/:listener\/net\//.test(arn)) throw unsupported('Network Load Balancers are not in the local cloud.')
    throw invalidParameter(
      `${name} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${arn}`,
    )
  }
  if (productionListenerRule === testListenerRule)
    throw invalidParameter(
      `The following rules cannot be used as both production and test listener rules: ${testListenerRule}`,
    )
}
