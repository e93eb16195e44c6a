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

/** @param room in bytes for the start; it grows */
export function createByteWriter(room = 16 * 1024): ByteWriter {
  return new Writer(room)
}

/** A class, for its fields are reached faster than what functions share: half of a chunk's time was spent here. */
class Writer implements ByteWriter {
  private buffer: Buffer
  private at = 0
  constructor(room: number) {
    this.buffer = Buffer.allocUnsafe(room)
  }

  varint(value: number): void {
    if (this.at + 8 > this.buffer.length) this.grow(8)
    let rest = value
    // Above, bitwise operators would cut it.
    while (rest > 0x7fff_ffff) {
      this.buffer[this.at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[this.at++] = rest
  }

  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  bytes(value: Uint8Array): void {
    if (this.at + value.length > this.buffer.length) this.grow(value.length)
    this.buffer.set(value, this.at)
    this.at += value.length
  }

  text(value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(length)
    if (this.at + length > this.buffer.length) this.grow(length)
    this.at += this.buffer.write(value, this.at)
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.at)
  }

  private grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + size))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
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
