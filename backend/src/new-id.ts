import { randomBytes } from 'node:crypto'

/** A UUID version 7 (RFC 9562 section 5.7): ids made later sort later, to the millisecond. */
export function newId(now: Date = new Date(), random: Uint8Array = randomBytes(10)): string {
  const time = now.getTime().toString(16).padStart(12, '0')
  const bytes = Uint8Array.from(random)
  bytes[0] = 0x70 | (bytes[0]! & 0x0f)
  bytes[2] = 0x80 | (bytes[2]! & 0x3f)
  const rest = Buffer.from(bytes).toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`
}
