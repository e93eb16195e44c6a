const [LOWER, UPPER] = [1, 2]
/** Where in the text of a UUID its 16 bytes are. */
const PLACES = new Uint8Array([0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34])
/** Value of a hexadecimal digit by its character code, and which case it is of, shifted by four. */
const DIGITS = new Uint8Array(128)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  DIGITS[digit.charCodeAt(0)] = value | (value > 9 ? LOWER << 4 : 0)
  if (value > 9) DIGITS[digit.toUpperCase().charCodeAt(0)] = value | (UPPER << 4)
}

/** How the letters of a UUID are written; `undefined` where both ways. One without letters counts as lower case. */
export type Case = 'l' | 'u' | undefined

/** Writes the 16 bytes of a UUID, which must be one, and tells in which case it stands. */
export function packUuid(uuid: string, bytes: Uint8Array, at: number): Case {
  let cases = 0
  for (let index = 0; index < 16; index++) {
    const place = PLACES[index] as number
    const high = DIGITS[uuid.charCodeAt(place)] as number
    const low = DIGITS[uuid.charCodeAt(place + 1)] as number
    bytes[at + index] = ((high & 15) << 4) | (low & 15)
    cases |= high | low
  }
  cases >>= 4
  return cases === UPPER ? 'u' : cases === (UPPER | LOWER) ? undefined : 'l'
}

/** Writes 16 bytes as a UUID in lower case. */
export function writeUuid(bytes: Buffer, at: number): string {
  const h = bytes.toString('hex', at, at + 16)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
}

/**
 * 16 bits of a UUID, the same in either case: what a chunk keeps of those that stand elsewhere, so that most others are
 * told apart from them at once. Of all of its bytes, for there are UUIDs that begin alike. Chunks hold what this gave,
 * so it must never change: that would be a new format.
 */
export function markOf(uuid: string): number {
  const a = wordAt(uuid, 0, 2, 4, 6)
  const b = wordAt(uuid, 9, 11, 14, 16)
  const c = wordAt(uuid, 19, 21, 24, 26)
  const d = wordAt(uuid, 28, 30, 32, 34)
  // MurmurHash3's finalizer, or UUIDs that count up would often have the same mark.
  let hash = mix(a, b, c, d)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & 0xffff
}

type Words = [number, number, number, number]

function mix(a: number, b: number, c: number, d: number): number {
  const hash =
    Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c ^ Math.imul(d, 0xc2b2ae35), 0x27d4eb2f)
  return hash ^ (hash >>> 15)
}

/** Four bytes of a UUID, of which these are the places, the first the lowest. */
function wordAt(uuid: string, first: number, second: number, third: number, fourth: number): number {
  return (
    byteAt(uuid, first) |
    (byteAt(uuid, second) << 8) |
    (byteAt(uuid, third) << 16) |
    (byteAt(uuid, fourth) << 24)
  )
}

function byteAt(uuid: string, place: number): number {
  const high = DIGITS[uuid.charCodeAt(place)] as number
  const low = DIGITS[uuid.charCodeAt(place + 1)] as number
  return ((high & 15) << 4) | (low & 15)
}

/**
 * Adds UUIDs, at most `most` different ones, and tells of each whether it is new. UUIDs are the same in either case.
 * A table of their bytes, which takes a fifth of the time of a set of their texts: those must be made lower case and hashed.
 */
export function createUuidSet(most: number): (uuid: string) => boolean {
  let size = 16
  while (size < most * 2) size *= 2
  const bytes = new Uint8Array(most * 16 + 16)
  const words = new Uint32Array(bytes.buffer)
  /** Which of them stands at a place, counted from one. */
  const places = new Uint32Array(size)
  let count = 0
  return uuid => {
    const own = count * 4
    packUuid(uuid, bytes, count * 16)
    const [a, b, c, d] = [words[own], words[own + 1], words[own + 2], words[own + 3]] as Words
    const hash = mix(a, b, c, d)
    for (let place = hash & (size - 1); ; place = (place + 1) & (size - 1)) {
      const other = places[place] as number
      if (other === 0) {
        places[place] = ++count
        return true
      }
      const at = (other - 1) * 4
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return false
    }
  }
}
