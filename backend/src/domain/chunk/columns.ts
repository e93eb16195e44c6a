import type { ByteReader, ByteWriter } from './bytes.ts'

/** Largest difference that survives doubling for the zigzag form. */
const MAX_DELTA = 2 ** 51
/** Decimal places up to which numbers are kept as scaled integers. */
const MAX_DECIMALS = 6
const SCALES = Array.from({ length: MAX_DECIMALS + 1 }, (_, decimals) => 10 ** decimals)

/** Non-negative integers; one that never changes costs two bytes. */
export function writeIntegers(out: ByteWriter, values: readonly number[]): void {
  const [first = 0] = values
  const constant = values.every(value => value === first)
  out.varint(constant ? 1 : 0)
  if (constant) out.varint(first)
  else for (const value of values) out.varint(value)
}

export function readIntegers(input: ByteReader, count: number): number[] {
  if (input.varint() === 1) return new Array<number>(count).fill(input.varint())
  return Array.from({ length: count }, () => input.varint())
}

/** Integers of any sign that rise or wander slowly: the first, then differences, in the largest step that divides all. */
export function writeDeltas(out: ByteWriter, values: readonly number[]): void {
  const step = values.every(value => value % 60_000 === 0)
    ? 60_000
    : values.every(v => v % 1000 === 0)
      ? 1000
      : 1
  out.varint(step)
  let last = 0
  for (const value of values) {
    out.signed(value / step - last)
    last = value / step
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
  let last: T | undefined
  let lastIndex = -1
  const column = values.map(value => {
    if (lastIndex >= 0 && value === last) return lastIndex
    let index = indexes.get(value)
    if (index === undefined) {
      const text = textOf(value)
      index = texts.get(text) ?? texts.size
      if (index === texts.size) texts.set(text, index)
      indexes.set(value, index)
    }
    last = value
    lastIndex = index
    return index
  })
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
  for (const value of values) {
    if (Object.is(value, -0)) return undefined
    let scale = SCALES[decimals] as number
    while (Math.round(value * scale) / scale !== value) {
      if (++decimals > MAX_DECIMALS) return undefined
      scale = SCALES[decimals] as number
    }
    if (Math.abs(value) * scale > MAX_DELTA / 2) return undefined
  }
  // A later value may have needed more places than an earlier one was checked with.
  const scale = 10 ** decimals
  const exact = values.every(v => Math.round(v * scale) / scale === v && Math.abs(v) * scale <= MAX_DELTA / 2)
  return exact ? decimals : undefined
}

function transpose(bytes: Buffer, rows: number, columns: number): Buffer {
  const turned = Buffer.alloc(bytes.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = bytes[row * columns + column] as number
  return turned
}
