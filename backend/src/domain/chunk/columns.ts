import type { ByteReader, ByteWriter } from './bytes.ts'

/** Largest difference that survives doubling for the zigzag form. */
const MAX_DELTA = 2 ** 51
/** Decimal places up to which numbers are kept as scaled integers. */
const MAX_DECIMALS = 6
const SCALES = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => 10 ** decimals)

/** Non-negative integers; one that never changes costs two bytes. */
export function writeIntegers(out: ByteWriter, values: ArrayLike<number>): void {
  const count = values.length
  const first = values[0] ?? 0
  let same = 0
  while (same < count && values[same] === first) same++
  out.varint(same === count ? 1 : 0)
  if (same === count) out.varint(first)
  else for (let i = 0; i < count; i++) out.varint(values[i] as number)
}

export function readIntegers(input: ByteReader, count: number): number[] {
  if (input.varint() === 1) return new Array<number>(count).fill(input.varint())
  return Array.from({ length: count }, () => input.varint())
}

/** Integers of any sign that rise or wander slowly: the first, then differences, in the largest step that divides all. */
export function writeDeltas(out: ByteWriter, values: ArrayLike<number>): void {
  const count = values.length
  let step = 60_000
  for (let i = 0; i < count; i++)
    while (step > 1 && !Number.isInteger((values[i] as number) / step)) step = step === 60_000 ? 1000 : 1
  out.varint(step)
  let last = 0
  for (let i = 0; i < count; i++) {
    const value = (values[i] as number) / step
    out.signed(value - last)
    last = value
  }
}

export function readDeltas(input: ByteReader, count: number): number[] {
  const step = input.varint()
  let last = 0
  return Array.from({ length: count }, () => {
    last += input.signed()
    return last * step
  })
}

/** Integers of any sign, each on its own (zigzag); one that never changes costs two bytes. */
export function writeSignedIntegers(out: ByteWriter, values: readonly number[]): void {
  writeIntegers(
    out,
    values.map(value => (value < 0 ? -value * 2 - 1 : value * 2)),
  )
}

/** Texts of which few are distinct: each distinct one once, then which is where. */
export function writeTexts(out: ByteWriter, values: readonly string[]): void {
  writeIndexed(out, values, text => text)
}

/**
 * Values of which few are distinct, by their texts: each distinct one once, then which is where. The text of a value
 * that came before is not made again.
 */
export function writeIndexed<T>(out: ByteWriter, values: readonly T[], textOf: (value: T) => string): void {
  const texts = new Map<string, number>()
  const indexes = new Map<T, number>()
  const column = new Array<number>(values.length)
  let last: T | undefined
  let lastIndex = -1
  for (let i = 0; i < column.length; i++) {
    const value = values[i] as T
    if (lastIndex < 0 || value !== last) {
      lastIndex = indexes.get(value) ?? -1
      if (lastIndex < 0) {
        const text = textOf(value)
        lastIndex = texts.get(text) ?? texts.size
        if (lastIndex === texts.size) texts.set(text, lastIndex)
        indexes.set(value, lastIndex)
      }
      last = value
    }
    column[i] = lastIndex
  }
  out.varint(texts.size)
  for (const text of texts.keys()) out.text(text)
  writeIntegers(out, column)
}

/** Calls `each` once for every distinct text, and gives its result wherever that text stands. */
export function readTexts<T>(input: ByteReader, count: number, each: (text: string) => T): T[] {
  const distinct = Array.from({ length: input.varint() }, () => each(input.text()))
  return readIntegers(input, count).map(index => {
    if (index >= distinct.length) throw new RangeError(`the chunk names text ${index} of ${distinct.length}`)
    return distinct[index] as T
  })
}

/**
 * Doubles, bit for bit: as differences of scaled integers where every one is exactly a decimal of few places, else as
 * they are, byte plane by byte plane, which compresses better than number by number.
 */
export function writeNumbers(out: ByteWriter, values: readonly number[]): void {
  const decimals = fewestDecimals(values)
  if (decimals !== undefined) {
    out.varint(decimals)
    const scale = 10 ** decimals
    let last = 0
    for (const value of values) {
      const scaled = Math.round(value * scale)
      out.signed(scaled - last)
      last = scaled
    }
    return
  }
  out.varint(MAX_DECIMALS + 1)
  const raw = Buffer.alloc(values.length * 8)
  values.forEach((value, index) => void raw.writeDoubleBE(value, index * 8))
  out.bytes(transpose(raw, values.length, 8))
}

export function readNumbers(input: ByteReader, count: number): number[] {
  const decimals = input.varint()
  if (decimals > MAX_DECIMALS) {
    const raw = transpose(input.bytes(count * 8), 8, count)
    return Array.from({ length: count }, (_, index) => raw.readDoubleBE(index * 8))
  }
  const scale = 10 ** decimals
  let last = 0
  return Array.from({ length: count }, () => {
    last += input.signed()
    return last / scale
  })
}

function fewestDecimals(values: readonly number[]): number | undefined {
  let decimals = 0
  let scale = 1
  let largest = 0
  for (const value of values) {
    if (value === 0 && Object.is(value, -0)) return undefined
    if (Number.isInteger(value)) {
      largest = Math.max(largest, Math.abs(value))
      continue
    }
    while (Math.round(value * scale) / scale !== value) {
      if (++decimals > MAX_DECIMALS) return undefined
      scale = SCALES[decimals] as number
    }
    largest = Math.max(largest, Math.abs(value))
  }
  if (largest * scale > MAX_DELTA / 2) return undefined
  // A later value may have needed more places than an earlier one was checked with.
  const exact = decimals === 0 || values.every(value => Math.round(value * scale) / scale === value)
  return exact ? decimals : undefined
}

function transpose(bytes: Buffer, rows: number, columns: number): Buffer {
  const turned = Buffer.alloc(bytes.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = bytes[row * columns + column] as number
  return turned
}
