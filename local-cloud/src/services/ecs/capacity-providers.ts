import type {
  CapacityProvider,
  CapacityProviderStrategyItem,
  DescribeCapacityProvidersRequest,
} from '@aws-sdk/client-ecs'
import type { Operation } from '../../core/service.ts'
import { lastPart } from './arns.ts'
import { invalidParameter } from './errors.ts'
import { page } from './pages.ts'

/** Only Fargate's providers exist here, as there are no instances. */
export const CAPACITY_PROVIDERS = ['FARGATE', 'FARGATE_SPOT']
/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html */
const MOST = { items: 20, weight: 1000, base: 100_000 }

/** DescribeCapacityProviders. @param region and account for the ARNs */
export function capacityProviderOperations(region: string, accountId: string): Record<string, Operation> {
  function describe(input: DescribeCapacityProvidersRequest) {
    const wanted = input.capacityProviders?.map(lastPart)
    const found = CAPACITY_PROVIDERS.filter(name => !wanted?.length || wanted.includes(name))
    const { items, nextToken } = page(found, input)
    return {
      capacityProviders: items.map(
        (name): CapacityProvider => ({
          capacityProviderArn: `arn:aws:ecs:${region}:${accountId}:capacity-provider/${name}`,
          name,
          status: 'ACTIVE',
          type: name as CapacityProvider['type'],
          tags: [],
        }),
      ),
      failures: (wanted ?? [])
        .filter(name => !CAPACITY_PROVIDERS.includes(name))
        .map(name => ({ arn: name, reason: 'MISSING' })),
      nextToken,
    }
  }
  return { DescribeCapacityProviders: describe }
}

/** @throws InvalidParameterException for a strategy that AWS refuses, or a provider that is not Fargate's */
export function checkStrategy(
  strategy: CapacityProviderStrategyItem[] | undefined,
  launchType: string | undefined,
): void {
  if (!strategy?.length) return
  if (launchType)
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    )
  const unknown = strategy.find(item => !CAPACITY_PROVIDERS.includes(item.capacityProvider ?? ''))
  if (unknown)
    throw invalidParameter(`The specified capacity provider '${unknown.capacityProvider}' was not found.`)
  const within = (value = 0, most: number) => Number.isInteger(value) && value >= 0 && value <= most
  if (
    strategy.length > MOST.items ||
    strategy.some(one => !within(one.weight, MOST.weight) || !within(one.base, MOST.base))
  )
    throw invalidParameter(
      `A strategy has at most ${MOST.items} items, with weights of 0 to ${MOST.weight} and a base of 0 to ${MOST.base}.`,
    )
  if (strategy.filter(one => (one.base ?? 0) > 0).length > 1)
    throw invalidParameter('Only one capacity provider in a strategy can have a base.')
}

/**
 * The provider of the next task: first whose base is not full, then who lies furthest behind its weight.
 * @param running names of the providers of the tasks that are there, as often as they have tasks
 */
export function nextProvider(
  strategy: CapacityProviderStrategyItem[] | undefined,
  running: (string | undefined)[],
): string | undefined {
  if (!strategy?.length) return undefined
  const tasks = ({ capacityProvider }: CapacityProviderStrategyItem) =>
    running.filter(name => name === capacityProvider).length
  const first = strategy.find(item => tasks(item) < (item.base ?? 0))
  if (first) return first.capacityProvider
  const weighed = strategy.filter(item => (item.weight ?? 0) > 0)
  const load = (item: CapacityProviderStrategyItem) =>
    (tasks(item) - (item.base ?? 0) + 1) / (item.weight ?? 1)
  return (weighed.length > 0 ? weighed : strategy).reduce((least, item) =>
    load(item) < load(least) ? item : least,
  ).capacityProvider
}
