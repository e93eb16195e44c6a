/** Appends numbers and texts to a growing run of bytes. */
export interface ByteWriter {
  /** An integer from 0 to 2^53-1 in as few bytes as it needs (LEB128). */
  varint(value: number): void
  /** A signed safe integer, small magnitudes first (zigzag). */
  signed(value: number): void
  bytes(value: Uint8Array): void
  /** Length-prefixed UTF-8. */
  text(value: string): void
  finish(): Buffer
}

export function createByteWriter(): ByteWriter {
  let buffer = Buffer.allocUnsafe(16 * 1024)
  let at = 0
  function room(size: number): void {
    if (at + size <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + size))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }
  function varint(value: number): void {
    room(8)
    let rest = value
    while (rest > 0x7f) {
      buffer[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    buffer[at++] = rest
  }
  return {
    varint,
    signed: value => varint(value < 0 ? -value * 2 - 1 : value * 2),
    bytes: value => {
      room(value.length)
      buffer.set(value, at)
      at += value.length
    },
    text: value => {
      const length = Buffer.byteLength(value)
      varint(length)
      room(length)
      at += buffer.write(value, at)
    },
    finish: () => buffer.subarray(0, at),
  }
}

/** Reads what a {@link ByteWriter} wrote. Every method throws `RangeError` past the end. */
export interface ByteReader {
  varint(): number
  signed(): number
  bytes(length: number): Buffer
  text(): string
  /** Everything behind the next so many bytes. */
  rest(skipped: number): Buffer
}

export function createByteReader(buffer: Buffer): ByteReader {
  let at = 0
  function varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (at >= buffer.length) throw new RangeError(`the chunk ends early, at byte ${at}`)
      const byte = buffer[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }
  function bytes(length: number): Buffer {
    if (at + length > buffer.length) throw new RangeError(`the chunk ends early, at byte ${at}`)
    at += length
    return buffer.subarray(at - length, at)
  }
  return {
    varint,
    signed: () => {
      const value = varint()
      return value % 2 ? -(value + 1) / 2 : value / 2
    },
    bytes,
    text: () => bytes(varint()).toString('utf8'),
    rest: skipped => {
      bytes(skipped)
      return buffer.subarray(at)
    },
  }
}
