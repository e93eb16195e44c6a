import { DescribeImagesCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** The calls that a release makes to ECR; images themselves go over the registry protocol. */
export interface Registry {
  /** The digest under a tag or of a digest; undefined when the repository has no such image. */
  digest(repository: string, image: { tag: string } | { digest: string }): Promise<string | undefined>
  /** Where to push, and the `Authorization` header for it. */
  login(): Promise<{ endpoint: string; authorization: string }>
}

export function createRegistry(access: Access): Registry {
  const client = new ECRClient(clientConfig(access))
  return {
    digest: async (repositoryName, image) => {
      const id = 'tag' in image ? { imageTag: image.tag } : { imageDigest: image.digest }
      try {
        const { imageDetails } = await client.send(
          new DescribeImagesCommand({ repositoryName, imageIds: [id] }),
        )
        return imageDetails?.[0]?.imageDigest
      } catch (error) {
        if ((error as Error).name === 'ImageNotFoundException') return undefined
        throw error
      }
    },
    login: async () => {
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
      const { authorizationToken, proxyEndpoint } = authorizationData?.[0] ?? {}
      return { endpoint: proxyEndpoint ?? '', authorization: `Basic ${authorizationToken}` }
    },
  }
}
