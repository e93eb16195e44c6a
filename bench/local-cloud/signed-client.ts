import { createHash, createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'

export interface Answer {
  status: number
  body: Buffer
}

/** One signed request to an AWS endpoint; far leaner than an SDK, so that the server is what is measured. */
export type Send = (call: {
  service: string
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string | Buffer
}) => Promise<Answer>

const REGION = 'us-east-1'
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/**
 * Signs with Signature Version 4 and sends over connections that are kept open.
 * @param now milliseconds since the epoch, by the endpoint's clock
 */
export function createSend(
  endpoint: string,
  key: { accessKeyId: string; secretAccessKey: string },
  now: () => number = Date.now,
): Send {
  const { host, hostname, port } = new URL(endpoint)
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const keys = new Map<string, Buffer>()

  function signingKey(scope: string): Buffer {
    const known = keys.get(scope)
    if (known) return known
    const [day = '', region = '', service = ''] = scope.split('/')
    const made = hmac(hmac(hmac(hmac(`AWS4${key.secretAccessKey}`, day), region), service), 'aws4_request')
    keys.set(scope, made)
    return made
  }

  return ({ service, method = 'POST', path = '/', headers = {}, body = '' }) => {
    const date = new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')
    const scope = `${date.slice(0, 8)}/${REGION}/${service}/aws4_request`
    const hash = sha256(body)
    const all: Record<string, string> = { ...headers, host, 'x-amz-content-sha256': hash, 'x-amz-date': date }
    const names = Object.keys(all).sort()
    const canonical = [
      method,
      path,
      '',
      ...names.map(name => `${name}:${all[name]}`),
      '',
      names.join(';'),
      hash,
    ].join('\n')
    const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
    const signature = createHmac('sha256', signingKey(scope)).update(toSign).digest('hex')
    all.authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
    all['content-length'] = String(Buffer.byteLength(body))
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, headers: all, agent }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}
