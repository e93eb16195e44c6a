import { pipeline } from 'node:stream/promises'
import type { Exchange, RegistryParts, Routes } from './registry.ts'
import { RegistryError } from './registry-error.ts'

/** Blobs: read whole or in part, uploaded in one piece or resumably in several, or mounted from a neighbour. */
export function createBlobRoutes({ layers, records }: RegistryParts): Routes {
  /** Uploads that a request is writing to now; a second one would interleave. */
  const busy = new Set<string>()

  async function read({ request, response, name, reference }: Exchange): Promise<void> {
    const size = await layers.size(name, reference)
    if (size === undefined)
      throw new RegistryError(404, 'BLOB_UNKNOWN', `no blob '${reference}' in repository '${name}'`)
    response.setHeader('content-type', 'application/octet-stream')
    response.setHeader('docker-content-digest', reference)
    response.setHeader('accept-ranges', 'bytes')
    const range = rangeOf(request.headers.range, size)
    response.setHeader('content-length', range ? range.end - range.start + 1 : size)
    if (range) {
      response.statusCode = 206
      response.setHeader('content-range', `bytes ${range.start}-${range.end}/${size}`)
    }
    if (request.method === 'HEAD' || size === 0) return void response.end()
    await pipeline(layers.read(reference, range), response)
  }

  async function begin(exchange: Exchange): Promise<void> {
    const { request, response, url, name } = exchange
    const mount = url.searchParams.get('mount')
    const from = url.searchParams.get('from')
    if (mount && from && records.repositories.get(from) && (await layers.mount(name, from, mount)))
      return created(response, name, mount)
    if (url.searchParams.has('digest')) {
      announced(url)
      return await finish({ ...exchange, reference: await layers.beginUpload(name) })
    }
    const upload = await layers.beginUpload(name)
    request.resume()
    status(response, 202, name, upload, 0)
  }

  async function patch({ request, response, name, reference }: Exchange): Promise<void> {
    await receive(request, name, reference)
    status(response, 202, name, reference, await offsetOf(name, reference))
  }

  async function finish({ request, response, url, name, reference }: Exchange): Promise<void> {
    const digest = announced(url)
    await receive(request, name, reference)
    const done = await layers.finish(name, reference, digest)
    if (done.kind === 'mismatch')
      throw new RegistryError(
        400,
        'DIGEST_INVALID',
        `'${digest}' was announced and '${done.actual}' received`,
      )
    created(response, name, digest)
  }

  async function receive(request: Exchange['request'], name: string, upload: string): Promise<void> {
    const offset = await offsetOf(name, upload)
    const start = /^(?:bytes )?(\d+)-\d+/.exec(String(request.headers['content-range'] ?? ''))?.[1]
    if (busy.has(upload) || (start !== undefined && Number(start) !== offset))
      throw new RegistryError(
        416,
        'BLOB_UPLOAD_INVALID',
        busy.has(upload)
          ? 'another request is writing to this upload'
          : `the chunk starts at ${start}, and the upload goes on at ${offset}`,
        { ...location(name, upload), range: `0-${Math.max(0, offset - 1)}` },
      )
    busy.add(upload)
    try {
      await layers.append(upload, request)
    } finally {
      busy.delete(upload)
    }
  }

  async function offsetOf(name: string, upload: string): Promise<number> {
    const offset = await layers.offset(name, upload)
    if (offset === undefined)
      throw new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', `no upload '${upload}' in repository '${name}'`)
    return offset
  }

  return {
    'GET blobs': read,
    'HEAD blobs': read,
    'POST uploads': begin,
    'GET upload': async ({ response, name, reference }) =>
      status(response, 204, name, reference, await offsetOf(name, reference)),
    'PATCH upload': patch,
    'PUT upload': finish,
    'DELETE upload': async ({ response, name, reference }) => {
      await offsetOf(name, reference)
      await layers.cancel(reference)
      response.writeHead(204).end()
    },
  }
}

function announced(url: URL): string {
  const digest = url.searchParams.get('digest') ?? ''
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest
  throw new RegistryError(400, 'DIGEST_INVALID', `'${digest}' is not a SHA-256 digest`)
}

function location(name: string, upload: string): Record<string, string> {
  return { location: `/v2/${name}/blobs/uploads/${upload}`, 'docker-upload-uuid': upload }
}

function status(
  response: Exchange['response'],
  code: number,
  name: string,
  upload: string,
  offset: number,
): void {
  const range = `0-${Math.max(0, offset - 1)}`
  response.writeHead(code, { ...location(name, upload), range, 'content-length': '0' }).end()
}

function created(response: Exchange['response'], name: string, digest: string): void {
  response
    .writeHead(201, {
      location: `/v2/${name}/blobs/${digest}`,
      'docker-content-digest': digest,
      'content-length': '0',
    })
    .end()
}

function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (!first && !last) return undefined
  const start = first ? Number(first) : Math.max(0, size - Number(last))
  const end = first && last ? Math.min(Number(last), size - 1) : size - 1
  if (start > end)
    throw new RegistryError(
      416,
      'SIZE_INVALID',
      `the range '${header}' lies outside the blob of ${size} bytes`,
      {
        'content-range': `bytes */${size}`,
      },
    )
  return { start, end }
}
