import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Seconds of a time step, and digits of a code (RFC 6238's usual, and Cognito's only). */
const STEP_SECONDS = 30
const DIGITS = 6
/** How many steps a code may lie before or after the current one. */
const TOLERANCE = 1
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new shared secret: 32 random bytes in base32, as Cognito gives them. */
export function newSecret(): string {
  return toBase32(randomBytes(32))
}

/** The code of a time step: HOTP (RFC 4226) with SHA-1 over the step's number. */
export function totpCode(secret: Buffer, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac[19] as number) & 0x0f
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}

export function stepAt(milliseconds: number): number {
  return Math.floor(milliseconds / 1000 / STEP_SECONDS)
}

/**
 * The time step that a code belongs to: the current one, the one before or the one after.
 * @returns undefined for a wrong code
 */
export function matchingStep(secret: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const key = fromBase32(secret)
  const current = stepAt(now)
  let found: number | undefined
  // every step is compared, so that the time taken tells nothing
  for (let step = current - TOLERANCE; step <= current + TOLERANCE; step++)
    if (timingSafeEqual(Buffer.from(totpCode(key, step)), Buffer.from(code))) found = step
  return found
}

export function toBase32(bytes: Buffer): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? []).map(five => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

export function fromBase32(text: string): Buffer {
  const bits = [...text.toUpperCase()].map(c => ALPHABET.indexOf(c).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
