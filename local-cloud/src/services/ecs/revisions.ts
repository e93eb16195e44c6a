import type {
  DescribeServiceRevisionsRequest,
  LoadBalancer,
  Service,
  ServiceRevision,
} from '@aws-sdk/client-ecs'
import type { Clock } from '../../core/clock.ts'
import type { Operation } from '../../core/service.ts'
import type { Arns } from './arns.ts'
import { newRevisionId } from './arns.ts'
import { invalidParameter } from './errors.ts'
import { parseImage } from './image-reference.ts'
import type { ImageStore } from './image-store.ts'
import {
  dated,
  type Records,
  type RevisionRecord,
  type Stored,
  type TaskDefinitionRecord,
} from './records.ts'

/** Most revisions of one description. */
const MOST_DESCRIBED = 20

export function revisionOperations(records: Records): Record<string, Operation> {
  function describe(input: DescribeServiceRevisionsRequest) {
    const arns = input.serviceRevisionArns ?? []
    if (arns.length === 0 || arns.length > MOST_DESCRIBED)
      throw invalidParameter(`serviceRevisionArns must name 1 to ${MOST_DESCRIBED} revisions.`)
    const found = arns.map(arn => records.revisions.get(arn))
    return {
      serviceRevisions: found.filter(r => r !== undefined).map(r => dated<ServiceRevision>(r)),
      failures: arns.filter((_, i) => !found[i]).map(arn => ({ arn, reason: 'MISSING' })),
    }
  }

  return { DescribeServiceRevisions: describe }
}

/** `ecs-svc/<id>` of a revision: the id of its entry in `deployments[]`, and who started its tasks. */
export const startedByOf = (revisionArn: string) => `ecs-svc/${revisionArn.split('/').at(-1)}`

/**
 * The revision that a service's settings make, with each image's digest as its tag is now: all its tasks run
 * that digest, whatever becomes of the tag. An image that cannot be resolved is tried again at each launch.
 */
export async function makeRevision(
  service: Stored<Service>,
  definition: TaskDefinitionRecord,
  live: RevisionRecord | undefined,
  { arns, images, clock }: { arns: Arns; images: ImageStore; clock: Clock },
): Promise<RevisionRecord> {
  const [cluster = '', name = ''] = (service.serviceArn ?? '').split('/').slice(-2)
  const strategy = service.deploymentConfiguration?.strategy ?? 'ROLLING'
  return {
    serviceRevisionArn: arns.revision(cluster, name, newRevisionId()),
    serviceArn: service.serviceArn,
    clusterArn: service.clusterArn,
    taskDefinition: definition.taskDefinitionArn,
    ...(service.launchType && { launchType: service.launchType }),
    ...(service.capacityProviderStrategy && { capacityProviderStrategy: service.capacityProviderStrategy }),
    platformVersion: service.platformVersion,
    platformFamily: service.platformFamily,
    loadBalancers: service.loadBalancers,
    networkConfiguration: service.networkConfiguration,
    containerImages: await resolveImages(definition, images),
    guardDutyEnabled: false,
    createdAt: clock.now(),
    resolvedConfiguration: {
      loadBalancers: (service.loadBalancers ?? []).map((balancer, index) => ({
        targetGroupArn: targetGroupFor(
          balancer,
          strategy,
          live?.resolvedConfiguration?.loadBalancers?.[index]?.targetGroupArn,
        ),
        ...(balancer.advancedConfiguration?.productionListenerRule && {
          productionListenerRule: balancer.advancedConfiguration.productionListenerRule,
        }),
      })),
    },
  }
}

/** Green is the group in which blue is not; rolling deployments stay in the group that is live. */
function targetGroupFor(
  balancer: LoadBalancer,
  strategy: string,
  live: string | undefined,
): string | undefined {
  const { targetGroupArn, advancedConfiguration } = balancer
  const alternate = advancedConfiguration?.alternateTargetGroupArn
  if (strategy === 'ROLLING') return live !== undefined && live === alternate ? alternate : targetGroupArn
  return live === targetGroupArn ? alternate : targetGroupArn
}

async function resolveImages(definition: TaskDefinitionRecord, images: ImageStore) {
  const role = definition.executionRoleArn ?? 'ecs.amazonaws.com'
  return Promise.all(
    (definition.containerDefinitions ?? []).map(async ({ name, image = '' }) => {
      const imageDigest = await images.resolve(image, role).catch(() => undefined)
      return { containerName: name, image, ...(imageDigest && { imageDigest }) }
    }),
  )
}

/** The images of a revision by container, by digest where it is known. */
export function pinnedImages(revision: RevisionRecord): Record<string, string> {
  return Object.fromEntries(
    (revision.containerImages ?? []).map(({ containerName = '', image = '', imageDigest }) => {
      const parsed = parseImage(image)
      const pinned =
        parsed && imageDigest
          ? `${parsed.registryId}.dkr.ecr.${parsed.region}.amazonaws.com/${parsed.repositoryName}@${imageDigest}`
          : image
      return [containerName, pinned]
    }),
  )
}
