import type {
  BatchCheckLayerAvailabilityRequest,
  BatchCheckLayerAvailabilityResponse,
  BatchDeleteImageRequest,
  BatchDeleteImageResponse,
  BatchGetImageRequest,
  BatchGetImageResponse,
  DescribeImageScanFindingsRequest,
  DescribeImagesRequest,
  DescribeImagesResponse,
  GetDownloadUrlForLayerRequest,
  GetDownloadUrlForLayerResponse,
  ImageDetail,
  ImageFailure,
  ImageIdentifier,
  ListImagesRequest,
  ListImagesResponse,
  PutImageRequest,
  PutImageResponse,
} from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { Authorization } from './authorization.ts'
import type { Images } from './images.ts'
import type { Layers } from './layers.ts'
import { type ImageRecord, invalid, page, type Records } from './records.ts'

/** Most identifiers in one request, as on AWS. */
const MAX_IDS = 100

/** Operations on images and on the layers that they are made of. */
export function imageOperations(
  context: ServiceContext,
  records: Records,
  images: Images,
  layers: Layers,
  authorization: Authorization,
): Record<string, Operation> {
  const registryId = context.accountId

  async function put(input: PutImageRequest): Promise<PutImageResponse> {
    const repository = records.repository(input.repositoryName, input.registryId)
    if (!input.imageManifest) throw invalid('imageManifest', 'must not be empty')
    const { image, changed } = await images.put({
      repository,
      manifest: input.imageManifest,
      mediaType: input.imageManifestMediaType,
      tag: input.imageTag,
      digest: input.imageDigest,
    })
    if (!changed)
      throw new AwsError(
        'ImageAlreadyExistsException',
        `Image with digest '${image.digest}' and tag '${input.imageTag}' already exists in the repository with name '${repository.name}' in registry with id '${registryId}'`,
      )
    return {
      image: {
        registryId,
        repositoryName: repository.name,
        imageId: { imageDigest: image.digest, imageTag: input.imageTag },
        imageManifest: input.imageManifest,
        imageManifestMediaType: image.mediaType,
      },
    }
  }

  function batchGet(input: BatchGetImageRequest): BatchGetImageResponse {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const answer = { images: [] as BatchGetImageResponse['images'] & object, failures: [] as ImageFailure[] }
    for (const id of identifiers(input.imageIds)) {
      const found = lookUp(name, id)
      if (!('digest' in found)) {
        answer.failures.push(found)
      } else if (input.acceptedMediaTypes?.length && !input.acceptedMediaTypes.includes(found.mediaType)) {
        const reason = `The image's media type '${found.mediaType}' is not among the accepted ones`
        answer.failures.push({ imageId: id, failureCode: 'ImageNotFound', failureReason: reason })
      } else {
        images.pulled(found)
        answer.images.push({
          registryId,
          repositoryName: name,
          imageId: { imageDigest: found.digest, imageTag: id.imageTag },
          imageManifest: images.manifest(found),
          imageManifestMediaType: found.mediaType,
        })
      }
    }
    return answer
  }

  function lookUp(repository: string, id: ImageIdentifier): ImageRecord | ImageFailure {
    const failure = (failureCode: ImageFailure['failureCode'], failureReason: string) => ({
      imageId: id,
      failureCode,
      failureReason,
    })
    if (!id.imageDigest && !id.imageTag)
      return failure('MissingDigestAndTag', 'Invalid request parameters: both tag and digest cannot be null')
    if (id.imageDigest && !/^sha256:[0-9a-f]{64}$/.test(id.imageDigest))
      return failure(
        'InvalidImageDigest',
        'Invalid request parameters: image digest should satisfy the regex',
      )
    return (
      images.find(repository, id) ??
      (id.imageDigest && id.imageTag && images.find(repository, { imageTag: id.imageTag })
        ? failure('ImageTagDoesNotMatchDigest', 'The tag names another digest')
        : failure('ImageNotFound', 'Requested image not found'))
    )
  }

  function describe(input: DescribeImagesRequest): DescribeImagesResponse {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const tags = records.tagsOf(name)
    const detail = (image: ImageRecord): ImageDetail => ({
      registryId,
      repositoryName: name,
      imageDigest: image.digest,
      imageTags: tags.get(image.digest),
      imageSizeInBytes: image.size,
      imagePushedAt: new Date(image.pushedAt),
      imageManifestMediaType: image.mediaType,
      artifactMediaType: image.artifactType,
      subjectManifestDigest: image.subject,
      lastRecordedPullTime: image.pulledAt ? new Date(image.pulledAt) : undefined,
      imageStatus: 'ACTIVE',
    })
    if (input.imageIds?.length)
      return { imageDetails: identifiers(input.imageIds).map(id => detail(existing(name, id))) }
    const wanted = images.list(name).filter(image => matches(input.filter?.tagStatus, tags.has(image.digest)))
    const shown = page(wanted, image => image.digest, input.nextToken, input.maxResults)
    return { imageDetails: shown.items.map(detail), nextToken: shown.nextToken }
  }

  function existing(repository: string, id: ImageIdentifier): ImageRecord {
    const found = images.find(repository, id)
    if (found) return found
    const { imageDigest, imageTag } = id
    throw new AwsError(
      'ImageNotFoundException',
      `The image with imageId {imageDigest:'${imageDigest ?? 'null'}', imageTag:'${imageTag ?? 'null'}'} does not exist within the repository with name '${repository}' in the registry with id '${registryId}'`,
    )
  }

  function list(input: ListImagesRequest): ListImagesResponse {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const tags = records.tagsOf(name)
    const ids = images.list(name).flatMap(({ digest }): ImageIdentifier[] => {
      const names = tags.get(digest)
      if (!matches(input.filter?.tagStatus, names !== undefined)) return []
      return names ? names.map(imageTag => ({ imageDigest: digest, imageTag })) : [{ imageDigest: digest }]
    })
    const keyOf = (id: ImageIdentifier) => `${id.imageDigest}:${id.imageTag ?? ''}`
    const shown = page(ids, keyOf, input.nextToken, input.maxResults)
    return { imageIds: shown.items, nextToken: shown.nextToken }
  }

  async function batchDelete(input: BatchDeleteImageRequest): Promise<BatchDeleteImageResponse> {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const answer = { imageIds: [] as ImageIdentifier[], failures: [] as ImageFailure[] }
    for (const id of identifiers(input.imageIds)) {
      const found = lookUp(name, id)
      if (!('digest' in found)) {
        answer.failures.push(found)
        continue
      }
      const tags = records.tagsOf(name).get(found.digest) ?? []
      const user = images.list(name).find(other => other.references.includes(found.digest))
      const whole = id.imageTag === undefined || tags.length === 1
      if (whole && user) {
        const failureReason = `Requested image referenced by manifest list: [${user.digest}]`
        answer.failures.push({ imageId: id, failureCode: 'ImageReferencedByManifestList', failureReason })
        continue
      }
      if (whole) await images.remove(found)
      else images.untag(name, id.imageTag as string)
      const gone = id.imageTag === undefined ? tags : [id.imageTag]
      if (gone.length === 0) answer.imageIds.push({ imageDigest: found.digest })
      for (const imageTag of gone) answer.imageIds.push({ imageDigest: found.digest, imageTag })
    }
    return answer
  }

  async function checkLayers(
    input: BatchCheckLayerAvailabilityRequest,
  ): Promise<BatchCheckLayerAvailabilityResponse> {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const answer: Required<BatchCheckLayerAvailabilityResponse> = { layers: [], failures: [] }
    for (const layerDigest of input.layerDigests ?? []) {
      if (!/^sha256:[0-9a-f]{64}$/.test(layerDigest)) {
        const failureReason = `'${layerDigest}' is not a SHA-256 digest`
        answer.failures?.push({ layerDigest, failureCode: 'InvalidLayerDigest', failureReason })
        continue
      }
      const layerSize = await layers.size(name, layerDigest)
      const layerAvailability = layerSize === undefined ? 'UNAVAILABLE' : 'AVAILABLE'
      answer.layers?.push({ layerDigest, layerAvailability, layerSize })
    }
    return answer
  }

  async function downloadUrl(input: GetDownloadUrlForLayerRequest): Promise<GetDownloadUrlForLayerResponse> {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const layerDigest = input.layerDigest ?? ''
    if ((await layers.size(name, layerDigest)) === undefined)
      throw new AwsError(
        'LayersNotFoundException',
        `The layer '${layerDigest}' is not in the repository with name '${name}' in the registry with id '${registryId}'`,
      )
    const query = authorization.layerQuery(name, layerDigest)
    return { layerDigest, downloadUrl: `${context.endpoint()}/v2/${name}/blobs/${layerDigest}?${query}` }
  }

  function scanFindings(input: DescribeImageScanFindingsRequest): never {
    const { name } = records.repository(input.repositoryName, input.registryId)
    const { digest } = existing(name, input.imageId ?? {})
    throw new AwsError(
      'ScanNotFoundException',
      `Image scan does not exist for the image with '{imageDigest:'${digest}'}' in the repository with name '${name}' in the registry with id '${registryId}'`,
    )
  }

  return {
    PutImage: put,
    BatchGetImage: batchGet,
    DescribeImages: describe,
    ListImages: list,
    BatchDeleteImage: batchDelete,
    BatchCheckLayerAvailability: checkLayers,
    GetDownloadUrlForLayer: downloadUrl,
    DescribeImageScanFindings: scanFindings,
  }
}

function identifiers(ids: ImageIdentifier[] | undefined): ImageIdentifier[] {
  if (!ids?.length || ids.length > MAX_IDS) throw invalid('imageIds', `must have 1 to ${MAX_IDS} members`)
  return ids
}

function matches(status: string | undefined, tagged: boolean): boolean {
  return status === undefined || status === 'ANY' || (status === 'TAGGED') === tagged
}
