import { createHash } from 'node:crypto'
import type { ImageIdentifier } from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Layers } from './layers.ts'
import { type ImageRecord, invalid, type Records, type RepositoryRecord } from './records.ts'

/** Largest manifest that the registry takes, in bytes, as the distribution specification advises. */
export const MAX_MANIFEST = 4 * 1024 * 1024

const INDEX_TYPES = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])
const IMAGE_TYPES = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
])

export interface PutImage {
  repository: RepositoryRecord
  /** The manifest byte for byte: its digest names the image. */
  manifest: string
  mediaType?: string
  tag?: string
  /** When given, what the manifest's digest must be. */
  digest?: string
}

/** The images of all repositories: one set of rules for the AWS API and for the registry protocol. */
export interface Images {
  /**
   * Stores a manifest whose blobs are all there, and moves the tag to it unless the tag is immutable.
   * @throws AwsError LayersNotFoundException, ImageTagAlreadyExistsException, ImageDigestDoesNotMatchException, …
   */
  put(input: PutImage): Promise<{ image: ImageRecord; changed: boolean }>
  find(repository: string, id: ImageIdentifier): ImageRecord | undefined
  list(repository: string): ImageRecord[]
  manifest(image: ImageRecord): string
  /** Notes a pull, which DescribeImages shows. */
  pulled(image: ImageRecord): void
  untag(repository: string, tag: string): void
  /** Removes an image, its tags, and the blobs that no other image of the repository has. */
  remove(image: ImageRecord): Promise<void>
}

export function createImages(context: ServiceContext, records: Records, layers: Layers): Images {
  const { images, manifests, tags } = records

  async function put(input: PutImage): Promise<{ image: ImageRecord; changed: boolean }> {
    const { repository, manifest, tag } = input
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
    if (input.digest && input.digest !== digest)
      throw new AwsError(
        'ImageDigestDoesNotMatchException',
        `The digest '${input.digest}' does not match the digest of the manifest, '${digest}'`,
      )
    if (tag !== undefined && !/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(tag))
      throw invalid('imageTag', 'must satisfy regular expression [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}')
    const parsed = parse(manifest, input.mediaType)
    const size = await sizeOfParts(repository.name, parsed)
    const key = `${repository.name}@${digest}`
    return context.store.transaction(() => {
      const known = images.get(key)
      const tagged = tag === undefined ? undefined : tags.get(`${repository.name}:${tag}`)
      if (tagged && tagged.digest !== digest && isImmutable(repository, tag as string))
        throw new AwsError(
          'ImageTagAlreadyExistsException',
          `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
        )
      const image: ImageRecord = known ?? {
        repository: repository.name,
        digest,
        mediaType: parsed.mediaType,
        artifactType: parsed.artifactType,
        subject: parsed.subject,
        size: size || Buffer.byteLength(manifest),
        pushedAt: context.clock.now(),
        references: parsed.references,
      }
      if (!known) {
        images.put(key, image)
        manifests.put(key, manifest)
      }
      if (tag !== undefined) tags.put(`${repository.name}:${tag}`, { tag, digest })
      return { image, changed: !known || (tag !== undefined && tagged?.digest !== digest) }
    })
  }

  async function sizeOfParts(repository: string, manifest: Parsed): Promise<number> {
    if (manifest.isIndex) {
      const absent = manifest.references.filter(digest => !images.get(`${repository}@${digest}`))
      if (absent.length === 0) return 0
      throw new AwsError(
        'ReferencedImagesNotFoundException',
        `The manifest list refers to images that are not in the repository '${repository}': ${absent.join(', ')}`,
      )
    }
    const sizes = await Promise.all(manifest.references.map(digest => layers.size(repository, digest)))
    const absent = manifest.references.filter((_, at) => sizes[at] === undefined)
    if (absent.length === 0) return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)
    throw new AwsError(
      'LayersNotFoundException',
      `The manifest refers to layers that are not in the repository '${repository}': ${absent.join(', ')}`,
    )
  }

  function find(repository: string, id: ImageIdentifier): ImageRecord | undefined {
    const tagged = id.imageTag === undefined ? undefined : tags.get(`${repository}:${id.imageTag}`)
    if (id.imageTag !== undefined && (!tagged || (id.imageDigest && tagged.digest !== id.imageDigest)))
      return undefined
    return images.get(`${repository}@${tagged?.digest ?? id.imageDigest}`)
  }

  async function remove(image: ImageRecord): Promise<void> {
    const { repository, digest } = image
    context.store.transaction(() => {
      images.delete(`${repository}@${digest}`)
      manifests.delete(`${repository}@${digest}`)
      for (const tag of records.tagsOf(repository).get(digest) ?? []) tags.delete(`${repository}:${tag}`)
    })
    // Signatures and bills of materials go with what they speak of, as on AWS.
    for (const other of images.list(`${repository}@`)) if (other.subject === digest) await remove(other)
    const needed = new Set(images.list(`${repository}@`).flatMap(other => other.references))
    await layers.forget(
      repository,
      image.references.filter(reference => !needed.has(reference)),
    )
  }

  return {
    put,
    find,
    list: repository => images.list(`${repository}@`),
    manifest: image => manifests.get(`${image.repository}@${image.digest}`) ?? '',
    pulled: image =>
      images.put(`${image.repository}@${image.digest}`, { ...image, pulledAt: context.clock.now() }),
    untag: (repository, tag) => void tags.delete(`${repository}:${tag}`),
    remove,
  }
}

interface Parsed {
  mediaType: string
  isIndex: boolean
  references: string[]
  artifactType?: string
  subject?: string
}

type Descriptor = { digest?: unknown; mediaType?: unknown }

/** Reads what the registry must know of a manifest. @throws AwsError InvalidParameterException */
function parse(manifest: string, declared: string | undefined): Parsed {
  if (Buffer.byteLength(manifest) > MAX_MANIFEST) throw invalid('imageManifest', 'at most 4 MiB')
  let value: Record<string, unknown>
  try {
    value = JSON.parse(manifest)
  } catch (cause) {
    throw invalid('imageManifest', `must be JSON: ${(cause as Error).message}`)
  }
  if (value?.schemaVersion !== 2) throw invalid('imageManifest', 'schemaVersion must be 2')
  const shape = Array.isArray(value.manifests) ? 'index' : 'manifest'
  const mediaType =
    declared ?? (value.mediaType as string | undefined) ?? `application/vnd.oci.image.${shape}.v1+json`
  if (value.mediaType !== undefined && value.mediaType !== mediaType)
    throw invalid('imageManifestMediaType', `must be the manifest's own mediaType, '${value.mediaType}'`)
  const isIndex = INDEX_TYPES.has(mediaType)
  if (!isIndex && !IMAGE_TYPES.has(mediaType))
    throw invalid(
      'imageManifestMediaType',
      `'${mediaType}' is not a media type of the OCI or Docker v2 formats`,
    )
  const parts = (isIndex ? value.manifests : [value.config, ...list(value.layers)]) as Descriptor[]
  const references = list(parts)
    .filter(part => !String(part?.mediaType).includes('.foreign.'))
    .map(part => String(part?.digest))
  const wrong = references.find(digest => !/^sha256:[0-9a-f]{64}$/.test(digest))
  if (wrong || references.length === 0) throw invalid('imageManifest', `'${wrong}' is not a SHA-256 digest`)
  const config = value.config as Descriptor | undefined
  return {
    mediaType,
    isIndex,
    references: [...new Set(references)],
    artifactType: (value.artifactType ?? config?.mediaType) as string | undefined,
    subject: (value.subject as Descriptor | undefined)?.digest as string | undefined,
  }
}

function list<T>(value: T): T extends unknown[] ? T : never[] {
  return (Array.isArray(value) ? value : []) as never
}

function isImmutable(repository: RepositoryRecord, tag: string): boolean {
  const excluded = repository.exclusions.some(({ filter }) =>
    new RegExp(`^${filter.replace(/[.+^$]/g, '\\$&').replaceAll('*', '.*')}$`).test(tag),
  )
  return repository.mutability.startsWith('IMMUTABLE') !== excluded
}
