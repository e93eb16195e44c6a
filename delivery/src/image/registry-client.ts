import { createHash } from 'node:crypto'
import { createWriteStream, openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClarityError } from '../errors.ts'
import { type Descriptor, digestOf, MEDIA_TYPES } from './oci.ts'

export interface RegistryOptions {
  /** `https://<account>.dkr.ecr.<region>.amazonaws.com`, or the local cloud's endpoint. */
  endpoint: string
  /** The value of the `Authorization` header: `Basic <authorizationToken of ECR>`. */
  authorization: string
  repository: string
  /** Waits between two attempts; for tests. @default real time */
  sleep?: (ms: number) => Promise<unknown>
  signal?: AbortSignal
}

/** A manifest that hangs on another. */
export interface Referrer extends Descriptor {
  artifactType?: string
}

/** One repository of a registry, over the OCI distribution protocol 1.1. */
export interface RegistryClient {
  /** Size in bytes of a blob that the repository has; undefined when it has none. */
  blobSize(digest: string): Promise<number | undefined>
  /** Uploads a file as a blob: streamed, and from the start again when the connection is lost. */
  uploadBlob(blob: Descriptor & { path: string }): Promise<void>
  /** Downloads a blob into a file. @throws ClarityError `digest_mismatch` when it is not what was asked for */
  downloadBlob(blob: Descriptor, path: string): Promise<void>
  /** The manifest of a digest, byte for byte; undefined when the repository has none. */
  manifest(digest: string): Promise<{ text: string; mediaType: string } | undefined>
  /** The digest that a tag or digest names now; undefined when it names nothing. */
  manifestDigest(reference: string): Promise<string | undefined>
  /** The manifests whose subject is this digest, of one artifact type, oldest first where the registry says so. */
  referrers(digest: string, artifactType?: string): Promise<Referrer[]>
  /** @returns the digest that the registry computed */
  putManifest(reference: string, manifest: string, mediaType?: string): Promise<string>
}

/** Attempts at one request before it is given up. */
const ATTEMPTS = 4
const FIRST_PAUSE_MS = 250
/** A request that carries no blob is answered in this time or repeated. */
const TIMEOUT_MS = 30_000
/** Longest upload of one blob: 46 MB in ten minutes is a line of 0.6 Mbit/s. */
const UPLOAD_TIMEOUT_MS = 600_000
/** What Docker pushes, the same members under another name. */
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

/**
 * Speaks to a registry with `fetch`. Connection losses, 429 and 5xx (but for a full disk) are tried again, four times
 * in all; everything else that the registry refuses is a `ClarityError` that says what it said.
 */
export function createRegistryClient(options: RegistryOptions): RegistryClient {
  const { repository, authorization } = options
  const endpoint = options.endpoint.replace(/\/$/, '')
  const pause = options.sleep ?? sleep

  async function blobSize(digest: string): Promise<number | undefined> {
    const answer = await persist(() => send('HEAD', `blobs/${digest}`), `looking for ${digest}`, [200, 404])
    return answer.status === 404 ? undefined : Number(answer.headers.get('content-length'))
  }

  async function uploadBlob(blob: Descriptor & { path: string }): Promise<void> {
    const body = await openAsBlob(blob.path)
    const upload = async () => {
      const begun = await send('POST', 'blobs/uploads/')
      if (begun.status !== 202) return begun
      const sent = await send('PATCH', locationOf(begun), {
        body,
        headers: { 'content-type': 'application/octet-stream' },
        timeout: UPLOAD_TIMEOUT_MS,
      })
      if (sent.status !== 202) return sent
      const end = new URL(locationOf(sent), endpoint)
      end.searchParams.set('digest', blob.digest)
      return await send('PUT', end.href, { timeout: UPLOAD_TIMEOUT_MS })
    }
    await persist(upload, `uploading ${blob.digest} (${blob.size} bytes)`, [201])
  }

  async function downloadBlob({ digest, size }: Descriptor, path: string): Promise<void> {
    let found = ''
    const download = async () => {
      const answer = await send('GET', `blobs/${digest}`, { timeout: UPLOAD_TIMEOUT_MS })
      if (answer.status !== 200 || !answer.body) return answer
      const hash = createHash('sha256')
      await pipeline(
        Readable.fromWeb(answer.body as ReadableStream),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk)
            yield chunk
          }
        },
        createWriteStream(path),
      )
      found = `sha256:${hash.digest('hex')}`
      return new Response(null, { status: 200 })
    }
    await persist(download, `downloading ${digest} (${size} bytes)`, [200])
    if (found !== digest) throw mismatch(`the blob ${digest}`, found)
  }

  async function manifest(digest: string): Promise<{ text: string; mediaType: string } | undefined> {
    const headers = { accept: `${MEDIA_TYPES.manifest}, ${DOCKER_MANIFEST}` }
    let text = ''
    let mediaType = ''
    const read = async () => {
      const answer = await send('GET', `manifests/${digest}`, { headers })
      if (answer.status !== 200) return answer
      text = await answer.text()
      mediaType = answer.headers.get('content-type') ?? MEDIA_TYPES.manifest
      return new Response(null, { status: 200 })
    }
    const { status } = await persist(read, `reading the manifest of '${digest}'`, [200, 404])
    if (status === 404) return undefined
    if (digestOf(text) !== digest) throw mismatch(`the manifest ${digest}`, digestOf(text))
    return { text, mediaType }
  }

  async function manifestDigest(reference: string): Promise<string | undefined> {
    const headers = { accept: MEDIA_TYPES.manifest }
    const answer = await persist(
      () => send('HEAD', `manifests/${reference}`, { headers }),
      `looking for '${reference}'`,
      [200, 404],
    )
    return answer.status === 404 ? undefined : (answer.headers.get('docker-content-digest') ?? '')
  }

  async function referrers(digest: string, artifactType?: string): Promise<Referrer[]> {
    const query = artifactType ? `?artifactType=${encodeURIComponent(artifactType)}` : ''
    let found: Referrer[] = []
    const read = async () => {
      const answer = await send('GET', `referrers/${digest}${query}`)
      if (answer.status !== 200) return answer
      found = ((await answer.json()) as { manifests?: Referrer[] }).manifests ?? []
      return new Response(null, { status: 200 })
    }
    await persist(read, `looking for what hangs on '${digest}'`, [200, 404])
    // a registry may leave the filter to its client
    return found.filter(one => !artifactType || one.artifactType === artifactType)
  }

  async function putManifest(
    reference: string,
    manifest: string,
    mediaType: string = MEDIA_TYPES.manifest,
  ): Promise<string> {
    const headers = { 'content-type': mediaType }
    const answer = await persist(
      () => send('PUT', `manifests/${reference}`, { body: manifest, headers }),
      `writing the manifest of '${reference}'`,
      [201],
    )
    return answer.headers.get('docker-content-digest') ?? ''
  }

  async function send(
    method: string,
    path: string,
    more: { body?: Blob | string; headers?: Record<string, string>; timeout?: number } = {},
  ): Promise<Response> {
    const url = /^(https?:|\/)/.test(path) ? new URL(path, endpoint) : `${endpoint}/v2/${repository}/${path}`
    const timeout = AbortSignal.timeout(more.timeout ?? TIMEOUT_MS)
    // Credentials go to the registry alone, wherever it says that an upload goes on.
    const own = new URL(url).origin === new URL(endpoint).origin
    return fetch(url, {
      method,
      body: more.body,
      headers: { ...more.headers, ...(own ? { authorization } : {}) },
      signal: options.signal ? AbortSignal.any([timeout, options.signal]) : timeout,
    })
  }

  /** Runs an exchange until its answer is one of `expected`, or one that trying again will not change. */
  async function persist(
    exchange: () => Promise<Response>,
    doing: string,
    expected: number[],
  ): Promise<Response> {
    let last: ClarityError | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1))
      options.signal?.throwIfAborted()
      try {
        const answer = await exchange()
        if (expected.includes(answer.status)) {
          await answer.body?.cancel()
          return answer
        }
        last = await refusal(answer, doing, options)
        if (!isPassing(answer.status)) break
      } catch (error) {
        if (options.signal?.aborted) throw error
        last = lost(error as Error, doing, endpoint)
      }
    }
    throw last
  }

  return { blobSize, uploadBlob, downloadBlob, manifest, manifestDigest, referrers, putManifest }
}

function mismatch(what: string, found: string): ClarityError {
  return new ClarityError(
    'digest_mismatch',
    `${what} came as '${found}'`,
    'try again; if it happens again, something between here and the registry changes data',
  )
}

function locationOf(answer: Response): string {
  const location = answer.headers.get('location')
  if (location) return location
  throw new Error('the registry began an upload without saying where it goes on')
}

/** 507, a full disk, is for a person to mend. */
function isPassing(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 507)
}

async function refusal(
  answer: Response,
  doing: string,
  { repository, endpoint }: RegistryOptions,
): Promise<ClarityError> {
  const said = await answer.text().catch(() => '')
  const { code = '', message = '' } = firstError(said)
  const where = `repository '${repository}' at ${endpoint}`
  const what = `${doing} in ${where}: HTTP ${answer.status} ${code} ${message}`.trimEnd()
  const evidence = said ? [said.slice(0, 500)] : []
  if (answer.status === 401 || answer.status === 403)
    return new ClarityError(
      'registry_denied',
      what,
      'get a new token (they last 12 hours); it must be allowed to push',
      {
        evidence,
      },
    )
  if (code === 'NAME_UNKNOWN')
    return new ClarityError(
      'repository_missing',
      what,
      'apply the infrastructure first: clarity infra deploy',
      {
        evidence,
      },
    )
  if (code === 'TAG_INVALID')
    return new ClarityError('tag_taken', what, 'commit the change, so that the image has a tag of its own', {
      evidence,
    })
  if (answer.status === 507) return new ClarityError('registry_full', what, 'free disk space', { evidence })
  return new ClarityError('registry_refused', what, 'see what the registry said, and try again', { evidence })
}

function firstError(text: string): { code?: string; message?: string } {
  try {
    return JSON.parse(text).errors?.[0] ?? {}
  } catch {
    return {}
  }
}

function lost(error: Error, doing: string, endpoint: string): ClarityError {
  const cause = (error.cause as Error | undefined) ?? error
  return new ClarityError(
    'registry_unreachable',
    `${doing}: no answer from ${endpoint} in ${ATTEMPTS} attempts: ${cause.message}`,
    'check that the registry is up and reachable, and run the command again: what arrived is not sent twice',
    { cause: error },
  )
}
