import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { BASE_LABEL, MEDIA_TYPES } from '../image/oci.ts'
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

/** What an image says of itself. */
export interface ImageBuild {
  /** `linux/amd64`; several for an index. */
  platforms: string[]
  /** The label of its base, as `debian:13` or `scratch`; absent where it has none. */
  base?: string
}

/** What the images in ECR were built for. */
export interface ImagePlatforms {
  /** Undefined when the repository has no such image. */
  of(repository: string, digest: string): Promise<ImageBuild | undefined>
}

export function createImagePlatforms(access: Access): ImagePlatforms {
  const client = new ECRClient(clientConfig(access))

  /** The configuration is a blob like a layer: ECR gives a URL for it, signed for an hour. */
  async function config(repositoryName: string, layerDigest: string): Promise<ImageBuild> {
    const { downloadUrl = '' } = await client.send(
      new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
    )
    const answer = await fetch(downloadUrl, { signal: AbortSignal.timeout(10_000) })
    if (!answer.ok)
      throw new Error(`the image configuration ${layerDigest} was answered with ${answer.status}`)
    const { os, architecture, config } = (await answer.json()) as {
      os?: string
      architecture?: string
      config?: { Labels?: Record<string, string> }
    }
    return { platforms: [`${os}/${architecture}`], base: config?.Labels?.[BASE_LABEL] }
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
        return {
          platforms: manifest.manifests.flatMap(({ platform }) =>
            platform?.architecture && platform.architecture !== 'unknown'
              ? [`${platform.os}/${platform.architecture}`]
              : [],
          ),
        }
      return manifest.config ? config(repositoryName, manifest.config.digest) : { platforms: [] }
    },
  }
}
