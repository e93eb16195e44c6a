import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { TestCloud } from './testing.ts'

/**
 * Posts a form to the cloud, signed, as clients of the query protocol do. For what no SDK of today sends any more.
 * @param path the path of a resource's own URL, such as a queue's
 */
export async function postForm(
  cloud: Pick<TestCloud, 'client'>,
  service: string,
  form: Record<string, string>,
  path = '/',
): Promise<{ status: number; text: string }> {
  const url = new URL(path, cloud.client.endpoint)
  const body = new URLSearchParams(form).toString()
  const signer = new SignatureV4({
    service,
    region: cloud.client.region,
    credentials: cloud.client.credentials,
    sha256: Sha256,
  })
  const signed = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  })
  const response = await fetch(url, { method: 'POST', headers: signed.headers, body })
  return { status: response.status, text: await response.text() }
}

/** Node's hash in the shape that the signer asks for. */
export class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data)
}
