import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { MEDIA_TYPES } from '../image/oci.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Docker's names for what OCI standardized. */
const DOCKER = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
}

interface Manifest {
  /** Of an index: one entry a platform. */
  manifests?: { platform?: { os?: string; architecture?: string } }[]
  config?: { digest: string }
}

/** What the images in ECR were built for. */
export interface ImagePlatforms {
  /** `linux/amd64`, several for an index; undefined when the repository has no such image. */
  of(repository: string, digest: string): Promise<string[] | undefined>
}

export function createImagePlatforms(access: Access): ImagePlatforms {
  const client = new ECRClient(clientConfig(access))

  /** The configuration is a blob like a layer: ECR gives a URL for it, signed for an hour. */
  async function config(repositoryName: string, layerDigest: string): Promise<string> {
    const { downloadUrl = '' } = await client.send(
      new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
    )
    const answer = await fetch(downloadUrl, { signal: AbortSignal.timeout(10_000) })
    if (!answer.ok)
      throw new Error(`the image configuration ${layerDigest} was answered with ${answer.status}`)
    const { os, architecture } = (await answer.json()) as { os?: string; architecture?: string }
    return `${os}/${architecture}`
  }

  return {
    of: async (repositoryName, imageDigest) => {
      const { images } = await client.send(
        new BatchGetImageCommand({
          repositoryName,
          imageIds: [{ imageDigest }],
          acceptedMediaTypes: [MEDIA_TYPES.index, MEDIA_TYPES.manifest, DOCKER.list, DOCKER.manifest],
        }),
      )
      const text = images?.[0]?.imageManifest
      if (!text) return undefined
      const manifest = JSON.parse(text) as Manifest
      if (manifest.manifests)
        return manifest.manifests.flatMap(({ platform }) =>
          platform?.architecture && platform.architecture !== 'unknown'
            ? [`${platform.os}/${platform.architecture}`]
            : [],
        )
      return manifest.config ? [await config(repositoryName, manifest.config.digest)] : []
    },
  }
}
