import type { Repository, Tag } from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import type { Collection } from '../../core/store.ts'

/** A repository, with what is only recorded of it (scanning, encryption, policies). */
export interface RepositoryRecord {
  name: string
  createdAt: number
  mutability: NonNullable<Repository['imageTagMutability']>
  exclusions: { filterType: 'WILDCARD'; filter: string }[]
  scanOnPush: boolean
  encryption: {
    encryptionType: NonNullable<Repository['encryptionConfiguration']>['encryptionType']
    kmsKey?: string
  }
  tags: Tag[]
  policy?: string
  lifecyclePolicy?: string
  lifecycleEvaluatedAt?: number
}

/** An image or an index of images; its manifest is kept apart, byte for byte. */
export interface ImageRecord {
  repository: string
  digest: string
  mediaType: string
  artifactType?: string
  subject?: string
  /** The compressed bytes of configuration and layers, as AWS counts; the manifest's own size for an index. */
  size: number
  pushedAt: number
  pulledAt?: number
  /** Digests that must stay while this image does: configuration and layers, or the index's manifests. */
  references: string[]
}

/** A blob that a repository holds; the bytes are in `layers.ts`. */
export interface LayerRecord {
  digest: string
  size: number
  /** When it came; absent in states of an earlier version. */
  storedAt?: number
}

/** Everything that the registry remembers in the store. Keys: `<repository>@<digest>` and `<repository>:<tag>`. */
export interface Records {
  repositories: Collection<RepositoryRecord>
  images: Collection<ImageRecord>
  manifests: Collection<string>
  /** The digest that a tag names. */
  tags: Collection<{ tag: string; digest: string }>
  layers: Collection<LayerRecord>
  /** @throws AwsError RepositoryNotFoundException */
  repository(name: string | undefined, registryId?: string): RepositoryRecord
  /** The tags of every image of a repository, by digest. */
  tagsOf(repository: string): Map<string, string[]>
}

export function openRecords(context: ServiceContext): Records {
  const repositories = context.store.collection<RepositoryRecord>('ecr', 'repository')
  const tags = context.store.collection<{ tag: string; digest: string }>('ecr', 'tag')

  function repository(name: string | undefined, registryId = context.accountId): RepositoryRecord {
    const found = registryId === context.accountId ? repositories.get(name ?? '') : undefined
    if (found) return found
    throw new AwsError(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${registryId}'`,
    )
  }

  return {
    repositories,
    images: context.store.collection<ImageRecord>('ecr', 'image'),
    manifests: context.store.collection<string>('ecr', 'manifest'),
    tags,
    layers: context.store.collection<LayerRecord>('ecr', 'layer'),
    repository,
    tagsOf: name => {
      const byDigest = new Map<string, string[]>()
      for (const { tag, digest } of tags.list(`${name}:`))
        byDigest.set(digest, [...(byDigest.get(digest) ?? []), tag])
      return byDigest
    },
  }
}

/** @throws AwsError InvalidParameterException */
export function invalid(parameter: string, constraint: string): AwsError {
  return new AwsError(
    'InvalidParameterException',
    `Invalid parameter at '${parameter}' failed to satisfy constraint: '${constraint}'`,
  )
}

/** One page of a list that is in key order; the token is the key of the last item shown. */
export function page<T>(
  items: T[],
  keyOf: (item: T) => string,
  nextToken: string | undefined,
  maxResults: number | undefined,
): { items: T[]; nextToken?: string } {
  const size = maxResults ?? 100
  if (!(size >= 1 && size <= 1000)) throw invalid('maxResults', 'must be between 1 and 1000')
  const after = nextToken && Buffer.from(nextToken, 'base64url').toString()
  if (after !== undefined && Buffer.from(after).toString('base64url') !== nextToken)
    throw invalid('nextToken', 'must be a token that this operation returned')
  const start = after ? items.findIndex(item => keyOf(item) > after) : 0
  const shown = start < 0 ? [] : items.slice(start, start + size)
  const more = start >= 0 && start + size < items.length
  return {
    items: shown,
    nextToken: more ? Buffer.from(keyOf(shown.at(-1) as T)).toString('base64url') : undefined,
  }
}
