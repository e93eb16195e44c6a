import type { ImageIdentifier } from '@aws-sdk/client-ecr'
import { AwsError } from '../../core/aws-error.ts'
import { MAX_MANIFEST } from './images.ts'
import type { ImageRecord } from './records.ts'
import { type Exchange, type RegistryParts, type Routes, sendJson } from './registry.ts'
import { RegistryError } from './registry-error.ts'

/** Manifests by tag and by digest, and the lists of tags and repositories. */
export function createManifestRoutes({ images, records }: RegistryParts): Routes {
  function read({ request, response, name, reference }: Exchange): void {
    const image = existing(name, reference)
    const manifest = Buffer.from(images.manifest(image))
    if (request.method === 'GET') images.pulled(image)
    response.writeHead(200, {
      'content-type': image.mediaType,
      'content-length': manifest.length,
      'docker-content-digest': image.digest,
    })
    response.end(request.method === 'HEAD' ? undefined : manifest)
  }

  async function put({ request, response, name, reference }: Exchange): Promise<void> {
    const byDigest = isDigest(reference)
    const { image } = await images.put({
      repository: records.repository(name),
      manifest: await text(request),
      mediaType: request.headers['content-type']?.split(';')[0],
      ...(byDigest ? { digest: reference } : { tag: reference }),
    })
    response.writeHead(201, {
      location: `/v2/${name}/manifests/${image.digest}`,
      'docker-content-digest': image.digest,
      'content-length': '0',
      ...(image.subject ? { 'oci-subject': image.subject } : {}),
    })
    response.end()
  }

  async function remove({ response, name, reference }: Exchange): Promise<void> {
    const image = existing(name, reference)
    const index = images.list(name).find(other => other.references.includes(image.digest))
    if (!isDigest(reference)) images.untag(name, reference)
    else if (index) throw new RegistryError(403, 'DENIED', `the index '${index.digest}' refers to this image`)
    else await images.remove(image)
    response.writeHead(202, { 'content-length': '0' }).end()
  }

  function existing(name: string, reference: string): ImageRecord {
    const id: ImageIdentifier = isDigest(reference) ? { imageDigest: reference } : { imageTag: reference }
    const image = images.find(name, id)
    if (image) return image
    throw new AwsError('ImageNotFoundException', `Requested image not found: '${name}' has no '${reference}'`)
  }

  return {
    'GET manifests': read,
    'HEAD manifests': read,
    'PUT manifests': put,
    'DELETE manifests': remove,
    'GET tags': ({ response, url, name }) => {
      const tags = records.tags.list(`${name}:`).map(entry => entry.tag)
      sendJson(response, 200, { name, tags: paged(response, url, tags) })
    },
    'GET catalog': ({ response, url }) =>
      sendJson(response, 200, { repositories: paged(response, url, records.repositories.keys()) }),
  }
}

function isDigest(reference: string): boolean {
  return reference.includes(':')
}

/** The names after `last`, at most `n` of them, with a `Link` to the rest. */
function paged(response: Exchange['response'], url: URL, names: string[]): string[] {
  const last = url.searchParams.get('last')
  const n = Number(url.searchParams.get('n') ?? Number.POSITIVE_INFINITY)
  if (!(n >= 0)) throw new RegistryError(400, 'PAGINATION_NUMBER_INVALID', 'n must be zero or more')
  const rest = last === null ? names : names.filter(name => name > last)
  const shown = rest.slice(0, n)
  if (shown.length > 0 && shown.length < rest.length) {
    const query = new URLSearchParams({ n: String(n), last: shown.at(-1) as string })
    response.setHeader('link', `<${url.pathname}?${query}>; rel="next"`)
  }
  return shown
}

async function text(request: Exchange['request']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > MAX_MANIFEST) throw new RegistryError(413, 'MANIFEST_INVALID', 'a manifest has at most 4 MiB')
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new RegistryError(400, 'MANIFEST_INVALID', 'the manifest is not UTF-8')
  }
}
