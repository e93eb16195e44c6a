/**
 * CBOR (RFC 8949), as far as Smithy RPC v2 goes: maps with text keys, lists, text, bytes, numbers, booleans,
 * null, and tag 1 (seconds since the epoch) for times.
 */
export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = []
  write(value, parts)
  return Buffer.concat(parts)
}

const UINT = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6
const SIMPLE = 7
const EPOCH = 1
/** Additional information of an item whose length is not told: it ends with a break. */
const INDEFINITE = 31
const BREAK = 0xff
/** Deepest nesting that is read: far more than any AWS shape has. */
const DEEPEST = 64

function write(value: unknown, parts: Buffer[]): void {
  if (value === undefined || value === null) parts.push(Buffer.from([0xf6]))
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]))
  else if (typeof value === 'number') parts.push(numberBytes(value))
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    parts.push(head(TEXT, bytes.length), bytes)
  } else if (value instanceof Date) parts.push(head(TAG, EPOCH), double(value.getTime() / 1000))
  else if (value instanceof Uint8Array) parts.push(head(BYTES, value.length), Buffer.from(value))
  else if (Array.isArray(value)) {
    parts.push(head(LIST, value.length))
    for (const item of value) write(item, parts)
  } else {
    const entries = Object.entries(value as object).filter(([, item]) => item !== undefined)
    parts.push(head(MAP, entries.length))
    for (const [key, item] of entries) {
      write(key, parts)
      write(item, parts)
    }
  }
}

function numberBytes(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return double(value)
  return value >= 0 ? head(UINT, value) : head(NEGATIVE, -1 - value)
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xfb)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function head(major: number, length: number): Buffer {
  const type = major << 5
  if (length < 24) return Buffer.from([type | length])
  if (length < 0x100) return Buffer.from([type | 24, length])
  const bytes = Buffer.alloc(length < 0x1_0000 ? 3 : length < 0x1_0000_0000 ? 5 : 9)
  if (bytes.length === 9) bytes.writeBigUInt64BE(BigInt(length), 1)
  else bytes.writeUIntBE(length, 1, bytes.length - 1)
  bytes[0] = type | { 3: 25, 5: 26, 9: 27 }[bytes.length as 3 | 5 | 9]
  return bytes
}

/** @throws Error for anything that is not one whole item of the kinds above */
export function decodeCbor(bytes: Buffer): unknown {
  let at = 0

  function item(depth: number): unknown {
    if (depth > DEEPEST) throw new Error('nested too deeply')
    const first = take(1)[0] as number
    const major = first >> 5
    const info = first & 31
    if (major === SIMPLE) return simple(info)
    const length = info === INDEFINITE ? undefined : count(info)
    if (major === UINT || major === NEGATIVE || major === TAG) {
      if (length === undefined) throw new Error('a number without a length')
      if (major === TAG) return tagged(length, item(depth + 1))
      return major === UINT ? length : -1 - length
    }
    if (major === BYTES || major === TEXT) {
      const raw = length === undefined ? Buffer.concat([...chunks(major, depth)]) : take(length)
      return major === TEXT ? raw.toString('utf8') : new Uint8Array(raw)
    }
    if (major === LIST) return [...items(length, depth)]
    const entries = [...pairs(length, depth)]
    return Object.fromEntries(entries)
  }

  function* items(length: number | undefined, depth: number): Generator<unknown> {
    for (let i = 0; length === undefined ? !ended() : i < length; i++) yield item(depth + 1)
  }

  function* pairs(length: number | undefined, depth: number): Generator<[string, unknown]> {
    for (let i = 0; length === undefined ? !ended() : i < length; i++)
      yield [String(item(depth + 1)), item(depth + 1)]
  }

  function* chunks(major: number, depth: number): Generator<Buffer> {
    while (!ended()) {
      if ((bytes[at] as number) >> 5 !== major) throw new Error('a chunk of another kind')
      const chunk = item(depth + 1)
      yield typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array)
    }
  }

  function ended(): boolean {
    if (at >= bytes.length) throw new Error('it ends too early')
    if (bytes[at] !== BREAK) return false
    at++
    return true
  }

  function count(info: number): number {
    if (info < 24) return info
    if (info > 27) throw new Error(`additional information ${info} is reserved`)
    if (info === 27) return Number(take(8).readBigUInt64BE())
    const size = 1 << (info - 24)
    return take(size).readUIntBE(0, size)
  }

  function simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21
    if (info === 22 || info === 23) return undefined
    if (info === 25) return half(take(2).readUInt16BE())
    if (info === 26) return take(4).readFloatBE()
    if (info === 27) return take(8).readDoubleBE()
    throw new Error(`simple value ${info} has no meaning here`)
  }

  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new Error('it ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }

  const value = item(0)
  if (at !== bytes.length) throw new Error('bytes follow the value')
  return value
}

function tagged(tag: number, value: unknown): unknown {
  return tag === EPOCH && typeof value === 'number' ? new Date(value * 1000) : value
}

/** IEEE 754 half precision: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
