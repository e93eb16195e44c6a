import type { ListImageReferrersRequest, ListImageReferrersResponse } from '@aws-sdk/client-ecr'
import type { Operation } from '../../core/service.ts'
import type { Images } from './images.ts'
import { invalid, page, type Records } from './records.ts'
import { type Routes, sendJson } from './registry.ts'

/** A manifest that names another as its subject: a bill of materials, a signature, an attestation. */
export interface Referrer {
  digest: string
  mediaType: string
  artifactType?: string
  size: number
  annotations?: Record<string, string>
}

/** The referrers of a digest, in the order in which they came. The digest itself need not be there. */
export function referrersOf(images: Images, repository: string, digest: string): Referrer[] {
  return images
    .list(repository)
    .filter(image => image.subject === digest)
    .sort((a, b) => a.pushedAt - b.pushedAt)
    .map(image => {
      const manifest = images.manifest(image)
      const { annotations } = JSON.parse(manifest) as { annotations?: Record<string, string> }
      return {
        digest: image.digest,
        mediaType: image.mediaType,
        ...(image.artifactType !== undefined && { artifactType: image.artifactType }),
        size: Buffer.byteLength(manifest),
        ...(annotations && { annotations }),
      }
    })
}

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers */
export function createReferrerRoutes({ images }: { images: Images }): Routes {
  return {
    'GET referrers': ({ response, url, name, reference }) => {
      const type = url.searchParams.get('artifactType')
      const manifests = referrersOf(images, name, reference).filter(
        one => type === null || one.artifactType === type,
      )
      if (type !== null) response.setHeader('oci-filters-applied', 'artifactType')
      sendJson(
        response,
        200,
        { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests },
        'application/vnd.oci.image.index.v1+json',
      )
    },
  }
}

/** The same by the AWS API. */
export function referrerOperations(records: Records, images: Images): Record<string, Operation> {
  function list(input: ListImageReferrersRequest): ListImageReferrersResponse {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const digest = input.subjectId?.imageDigest
    if (!digest) throw invalid('subjectId.imageDigest', 'must not be empty')
    const types = input.filter?.artifactTypes
    const found = referrersOf(images, name, digest)
      .filter(one => !types?.length || types.includes(one.artifactType ?? ''))
      .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    const shown = page(found, one => one.digest, input.nextToken, input.maxResults ?? 50)
    return {
      referrers: shown.items.map(one => ({ ...one, artifactStatus: 'ACTIVE' })),
      nextToken: shown.nextToken,
    }
  }
  return { ListImageReferrers: list }
}
