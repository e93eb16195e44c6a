import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BatchGetImageResponse, GetDownloadUrlForLayerResponse } from '@aws-sdk/client-ecr'
import type { Invoke } from '../../core/service.ts'
import { quote, TaskFailure } from './errors.ts'
import type { ImageConfig, ImageManifest, Platform } from './image-manifest.ts'
import { type ImageReference, parseImage } from './image-reference.ts'
import { assembleRootfs, type UnpackedLayer } from './rootfs.ts'
import { unpackLayer } from './unpack-layer.ts'

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]

/** An image that is ready to run. */
export interface Image {
  /** Of what the reference names: the index where it is one, as AWS reports it. */
  digest: string
  rootfs: string
  config: ImageConfig
}

export interface ImageStore {
  /** The digest that a reference names now. @throws TaskFailure `CannotPullContainerError: …` */
  resolve(image: string, principal: string): Promise<string>
  /** Downloads, verifies and unpacks what is not there yet. @throws TaskFailure `CannotPullContainerError: …` */
  pull(image: string, platform: Platform, principal: string): Promise<Image>
  /** Removes what a crash left half done. */
  clear(): Promise<void>
}

/**
 * Images below `folder`: every layer unpacked once, every image's file system put together from them by hard
 * links. What is complete is renamed into place, so what is there is whole.
 */
export function createImageStore(folder: string, invoke: Invoke): ImageStore {
  const temporary = join(folder, 'pulling')
  /** Work under way by digest, shared by the tasks that wait for it. */
  const underWay = new Map<string, Promise<unknown>>()

  async function resolve(image: string, principal: string): Promise<string> {
    return (await fetchManifest(reference(image), principal)).digest
  }

  async function pull(image: string, platform: Platform, principal: string): Promise<Image> {
    const wanted = reference(image)
    await invoke('ecr', 'GetAuthorizationToken', {}, principal).catch(error => {
      throw new TaskFailure(
        `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): ${quote(error)}`,
      )
    })
    const top = await fetchManifest(wanted, principal)
    let { manifest, digest } = top
    if (manifest.manifests) {
      const fits = manifest.manifests.find(
        ({ platform: p }) => p?.os === platform.os && p.architecture === platform.architecture,
      )
      if (!fits) throw wrongPlatform(platform)
      ;({ manifest, digest } = await fetchManifest(
        { ...wanted, id: { imageDigest: fits.digest } },
        principal,
      ))
    }
    const home = join(folder, 'images', hexOf(digest))
    await once(`image ${digest}`, () => assemble(home, wanted, manifest, platform, principal))
    const config: ImageConfig = JSON.parse(await readFile(join(home, 'config.json'), 'utf8'))
    checkPlatform(config, platform)
    return { digest: top.digest, rootfs: join(home, 'rootfs'), config }
  }

  async function assemble(
    home: string,
    image: ImageReference,
    manifest: ImageManifest,
    platform: Platform,
    principal: string,
  ): Promise<void> {
    if (await exists(home)) return
    const aside = join(temporary, randomUUID())
    await mkdir(aside, { recursive: true })
    try {
      const configFile = join(aside, 'config.json')
      await download(image, manifest.config.digest, 'config', configFile, principal)
      const config: ImageConfig = JSON.parse(await readFile(configFile, 'utf8'))
      checkPlatform(config, platform)
      const layers: UnpackedLayer[] = []
      for (const [index, { digest }] of manifest.layers.entries())
        layers.push(await layer(image, digest, config.rootfs?.diff_ids?.[index], principal))
      await assembleRootfs(layers, join(aside, 'rootfs'))
      await mkdir(join(folder, 'images'), { recursive: true })
      await rename(aside, home)
    } catch (error) {
      throw pullFailure(error)
    } finally {
      await rm(aside, { recursive: true, force: true })
    }
  }

  async function layer(
    image: ImageReference,
    digest: string,
    diffId: string | undefined,
    principal: string,
  ): Promise<UnpackedLayer> {
    const home = join(folder, 'layers', hexOf(digest))
    await once(`layer ${digest}`, async () => {
      if (await exists(home)) return
      const aside = join(temporary, randomUUID())
      const tree = join(aside, 'tree')
      await mkdir(tree, { recursive: true })
      try {
        const blob = join(aside, 'blob')
        await download(image, digest, 'layer', blob, principal)
        const unpacked = await unpackLayer(blob, tree).catch(error => {
          throw retried(`failed to extract layer ${digest}: ${quote(error)}`)
        })
        if (diffId && unpacked.diffId !== diffId)
          throw retried(
            `failed to extract layer ${digest}: wrong diff id calculated on extraction ${JSON.stringify(unpacked.diffId)}`,
          )
        await rm(blob)
        await writeFile(join(aside, 'whiteouts.json'), JSON.stringify(unpacked.whiteouts))
        await mkdir(join(folder, 'layers'), { recursive: true })
        await rename(aside, home)
      } finally {
        await rm(aside, { recursive: true, force: true })
      }
    })
    const whiteouts = JSON.parse(await readFile(join(home, 'whiteouts.json'), 'utf8'))
    return { tree: join(home, 'tree'), whiteouts }
  }

  /** Fetches a blob into `file`, and refuses it when it is not what its digest says. */
  async function download(
    image: ImageReference,
    digest: string,
    kind: 'config' | 'layer',
    file: string,
    principal: string,
  ): Promise<void> {
    const { registryId, repositoryName } = image
    const { downloadUrl = '' } = await invoke<GetDownloadUrlForLayerResponse>(
      'ecr',
      'GetDownloadUrlForLayer',
      { registryId, repositoryName, layerDigest: digest },
      principal,
    ).catch(error => {
      throw retried(`failed to copy: ${digest}: ${quote(error)}`)
    })
    const response = await fetch(downloadUrl)
    if (!response.ok || !response.body)
      throw retried(
        `failed to copy: httpReadSeeker: failed open: unexpected status code ${response.status}: ${digest}`,
      )
    const hash = createHash('sha256')
    const tee = new Transform({
      transform(chunk, _, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(Readable.fromWeb(response.body as never), tee, createWriteStream(file))
    const actual = `sha256:${hash.digest('hex')}`
    if (actual !== digest)
      throw retried(
        `failed commit on ref "${kind}-${digest}": unexpected commit digest ${actual}, expected ${digest}: failed precondition`,
      )
  }

  async function fetchManifest(
    image: ImageReference,
    principal: string,
  ): Promise<{ digest: string; manifest: ImageManifest }> {
    const { registryId, repositoryName, id, text } = image
    const input = { registryId, repositoryName, imageIds: [id], acceptedMediaTypes: MANIFEST_TYPES }
    const answer = await invoke<BatchGetImageResponse>('ecr', 'BatchGetImage', input, principal).catch(
      error => {
        throw unresolved(text, quote(error))
      },
    )
    const found = answer.images?.[0]
    if (!found?.imageManifest) throw unresolved(text, `${text}: not found`)
    const digest = `sha256:${createHash('sha256').update(found.imageManifest).digest('hex')}`
    if (found.imageId?.imageDigest !== digest)
      throw unresolved(text, `the manifest's digest is ${digest}, not ${found.imageId?.imageDigest}`)
    return { digest, manifest: JSON.parse(found.imageManifest) }
  }

  async function once(key: string, work: () => Promise<void>): Promise<void> {
    const running = underWay.get(key) ?? work().finally(() => underWay.delete(key))
    underWay.set(key, running)
    await running
  }

  return { resolve, pull, clear: () => rm(temporary, { recursive: true, force: true }) }
}

function reference(image: string): ImageReference {
  const parsed = parseImage(image)
  if (!parsed)
    throw unresolved(
      image,
      'the local cloud pulls from its own ECR only (<account>.dkr.ecr.<region>.amazonaws.com)',
    )
  return parsed
}

function checkPlatform(config: ImageConfig, platform: Platform): void {
  const { os = platform.os, architecture = platform.architecture } = config
  if (os !== platform.os || architecture !== platform.architecture) throw wrongPlatform(platform)
}

const failure = (text: string) => new TaskFailure(`CannotPullContainerError: ${text}`)
const retried = (text: string) => failure(`ref pull has been retried 1 time(s): ${text}`)
const unresolved = (image: string, why: string) =>
  failure(`pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${why}`)
const wrongPlatform = ({ os, architecture }: Platform) =>
  failure(
    `pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform '${os}/${architecture}'`,
  )

function pullFailure(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC'
  return retried(full ? 'failed to copy: no space left on device' : quote(error))
}

const hexOf = (digest: string) => digest.slice('sha256:'.length)
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
