import { createHmac, hash } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** The HTTP client inside the SDK's, with its connections and time limits. */
interface Handler {
  handle(request: object): Promise<{ response: { statusCode: number; body: AsyncIterable<Buffer> } }>
}

/**
 * One operation of DynamoDB for a fraction of the processor time that the SDK takes: signed and sent here, over the SDK's
 * own connections, with its credentials, endpoint and corrected clock. Only what goes well goes this way. The first call,
 * one that fails, and all that follow until one has gone well are the SDK's: its retries, its errors, its circuit.
 * So an input must be good to send twice. See docs/decisions/0020-two-calls-without-the-sdk.md.
 * @param whole the same call by the SDK, whose inputs and outputs are those of the wire
 */
export function createQuickCall<I extends object, O>(
  client: DynamoDBClient,
  operation: string,
  whole: (input: I) => Promise<O>,
): (input: I) => Promise<O> {
  const sign = createSigner(operation)
  let well = false
  let place: Place | undefined
  // Where the SDK's own call went, whatever told it: a variable, a file, the account.
  client.middlewareStack.add(
    next => args => {
      place ??= placeOf(args.request as Place)
      return next(args)
    },
    { step: 'finalizeRequest', name: `placeOf${operation}`, override: true },
  )

  async function quick(input: I, { host, ...address }: Place): Promise<O | undefined> {
    const { credentials, requestHandler, systemClockOffset = 0 } = client.config
    const [keys, region] = await Promise.all([credentials(), client.config.region()])
    const body = JSON.stringify(input)
    const headers = sign({ body, keys, host, region, now: Date.now() + systemClockOffset })
    const request = { method: 'POST', ...address, query: {}, headers, body }
    const { response } = await (requestHandler as unknown as Handler).handle(request)
    const text = await textOf(response.body)
    return response.statusCode === 200 ? (JSON.parse(text) as O) : undefined
  }

  return async input => {
    if (well && place) {
      const output = await quick(input, place).catch(() => undefined)
      if (output !== undefined) return output
      well = false
    }
    const output = await whole(input)
    well = true
    return output
  }
}

/** What an endpoint is reached by. */
interface Place {
  protocol: string
  hostname: string
  port?: number
  path: string
  /** As in the header. */
  host: string
}

function placeOf({ protocol, hostname, port, path }: Place): Place {
  const host = port === undefined ? hostname : `${hostname}:${port}`
  return { protocol, hostname, ...(port !== undefined && { port }), path, host }
}

interface Keys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** Signature Version 4 of a POST to `/`: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function createSigner(operation: string) {
  const target = `DynamoDB_20120810.${operation}`
  let key: { of: string; value: Buffer } | undefined

  /** Of a day, a region and a secret; made once for each. */
  function keyOf(secret: string, scope: string): Buffer {
    const of = `${secret} ${scope}`
    if (key?.of === of) return key.value
    let value: Buffer = Buffer.from(`AWS4${secret}`)
    for (const part of scope.split('/')) value = hmac(value, part)
    key = { of, value }
    return value
  }

  return (given: { body: string; keys: Keys; host: string; region: string; now: number }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = given.keys
    const time = new Date(given.now).toISOString().replace(/[-:]|\.\d+/g, '')
    const scope = `${time.slice(0, 8)}/${given.region}/dynamodb/aws4_request`
    const headers: Record<string, string> = {
      'content-type': 'application/x-amz-json-1.0',
      host: given.host,
      'x-amz-date': time,
      ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
      'x-amz-target': target,
    }
    const names = Object.keys(headers).join(';')
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    const canonical = `POST\n/\n\n${lines.join('')}\n${names}\n${hash('sha256', given.body)}`
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`
    const signature = hmac(keyOf(secretAccessKey, scope), toSign).toString('hex')
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
    headers['content-length'] = String(Buffer.byteLength(given.body))
    return headers
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
