import { type KeyObject, verify } from 'node:crypto'

/** Media type of a signed statement, for registries. */
export const DSSE_TYPE = 'application/vnd.dsse.envelope.v1+json'
/** Media type of what is signed. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json'

/** A signed text: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/envelope.md */
export interface Envelope {
  payloadType: string
  /** Base64. */
  payload: string
  signatures: { keyid?: string; sig: string }[]
}

/** Signs a statement. @param sign makes an ECDSA signature over SHA-256, in DER */
export async function signEnvelope(
  statement: string,
  key: { arn: string; sign(message: Buffer): Promise<Buffer> },
): Promise<string> {
  const payload = Buffer.from(statement)
  const signature = await key.sign(preAuthentication(STATEMENT_TYPE, payload))
  const envelope: Envelope = {
    payloadType: STATEMENT_TYPE,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.arn, sig: signature.toString('base64') }],
  }
  return JSON.stringify(envelope)
}

/**
 * The statement of an envelope that the key has signed. The key's name in it is a hint and proves nothing.
 * @returns undefined when none of its signatures is by this key, or when it is no envelope of a statement
 */
export function openEnvelope(text: string, key: KeyObject): string | undefined {
  const { payloadType, payload, signatures } = parseEnvelope(text) ?? {}
  if (payloadType !== STATEMENT_TYPE || payload === undefined) return undefined
  const bytes = Buffer.from(payload, 'base64')
  const message = preAuthentication(payloadType, bytes)
  const good = signatures?.some(({ sig }) => {
    try {
      return verify('sha256', message, key, Buffer.from(sig, 'base64'))
    } catch {
      return false
    }
  })
  return good ? bytes.toString('utf8') : undefined
}

function parseEnvelope(text: string): Envelope | undefined {
  try {
    const found = JSON.parse(text)
    return typeof found?.payload === 'string' && Array.isArray(found.signatures) ? found : undefined
  } catch {
    return undefined
  }
}

/** What is signed: type and content with their lengths, so that neither can be taken for the other. */
function preAuthentication(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}
