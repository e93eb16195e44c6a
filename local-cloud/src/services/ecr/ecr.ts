import type { GetAuthorizationTokenResponse } from '@aws-sdk/client-ecr'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { createAuthorization } from './authorization.ts'
import { imageOperations } from './image-operations.ts'
import { createImages } from './images.ts'
import { createLayers } from './layers.ts'
import { createLifecycle } from './lifecycle.ts'
import { policyOperations } from './policies.ts'
import { openRecords } from './records.ts'
import { referrerOperations } from './referrers.ts'
import { createRegistry } from './registry.ts'
import { repositoryOperations } from './repositories.ts'

const HOUR_MS = 3_600_000

/** Elastic Container Registry: the AWS API, and the OCI distribution protocol below `/v2/` of the same endpoint. */
export function createEcr(context: ServiceContext): Service {
  const records = openRecords(context)
  const authorization = createAuthorization(context)
  const layers = createLayers(context, records)
  const images = createImages(context, records, layers)
  const lifecycle = createLifecycle(context, records, images)
  let cancel = () => {}

  function getAuthorizationToken(_: object, { caller }: RequestContext): GetAuthorizationTokenResponse {
    const { token, expiresAt } = authorization.issue(caller.arn)
    return {
      authorizationData: [
        {
          authorizationToken: Buffer.from(`AWS:${token}`).toString('base64'),
          expiresAt: new Date(expiresAt),
          proxyEndpoint: context.endpoint(),
        },
      ],
    }
  }

  /** Hourly, as AWS executes policies and collects garbage within a day. */
  async function tidy(): Promise<void> {
    cancel = context.clock.after(HOUR_MS, () => {
      void tidy().catch(error => context.log('ecr', 'tidying failed', { error: (error as Error).message }))
    })
    await lifecycle.run()
    await layers.sweep()
  }

  return {
    name: 'ecr',
    protocol: 'json',
    targetPrefix: 'AmazonEC2ContainerRegistry_V20150921',
    jsonVersion: '1.1',
    operations: {
      GetAuthorizationToken: getAuthorizationToken,
      ...repositoryOperations(context, records, images, layers),
      ...policyOperations(context, records),
      ...imageOperations(context, records, images, layers, authorization),
      ...lifecycle.operations,
      ...referrerOperations(records, images),
    },
    paths: [
      { matches: /^\/v2(\/|$)/, handle: createRegistry(context, { records, authorization, layers, images }) },
    ],
    start: tidy,
    stop: () => cancel(),
  }
}
