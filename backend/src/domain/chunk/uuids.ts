import { derivedUuid, hasDerivedUuid } from '../derived-uuid.ts'
import type { StoredSample } from '../sample.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readTexts, writeTexts } from './columns.ts'

/**
 * UUIDs as 16 bytes each, or none where they are derived; which, and how each is written, goes to the columns: `d`
 * derived, `l` lower case, `u` upper case, or the very text where the case is mixed.
 */
export function writeUuids(columns: ByteWriter, raw: ByteWriter, samples: readonly StoredSample[]): void {
  const bytes = Buffer.allocUnsafe(samples.length * 16)
  let length = 0
  const forms = samples.map(({ sample, derived }) => {
    if (derived ?? hasDerivedUuid(sample)) return 'd'
    const cases = pack(sample.uuid, bytes, length)
    length += 16
    return cases === UPPER ? 'u' : cases === (UPPER | LOWER) ? sample.uuid : 'l'
  })
  writeTexts(columns, forms)
  raw.bytes(bytes.subarray(0, length))
}

/** Gives each sample its UUID; the samples must have everything else. */
export function readUuids(columns: ByteReader, raw: ByteReader, samples: readonly StoredSample[]): void {
  const forms = readTexts(columns, samples.length, form => form)
  const hex = raw.bytes(16 * forms.filter(form => form !== 'd').length).toString('hex')
  let at = 0
  samples.forEach((stored, index) => {
    const form = forms[index] as string
    const { sample } = stored
    if (form === 'd') {
      sample.uuid = derivedUuid(sample)
      stored.derived = true
      return
    }
    const h = hex.slice(at, at + 32)
    at += 32
    const uuid = `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
    sample.uuid = form.length > 1 ? form : form === 'u' ? uuid.toUpperCase() : uuid
  })
}

const [LOWER, UPPER] = [1, 2]
/** Where in the text of a UUID its 16 bytes are. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
/** Value of a hexadecimal digit by its character code, and which case it is of, shifted by four. */
const DIGITS = new Uint8Array(128)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  DIGITS[digit.charCodeAt(0)] = value | (value > 9 ? LOWER << 4 : 0)
  if (value > 9) DIGITS[digit.toUpperCase().charCodeAt(0)] = value | (UPPER << 4)
}

/** Writes the 16 bytes of a UUID, and tells which cases its letters have. */
function pack(uuid: string, bytes: Buffer, at: number): number {
  let cases = 0
  for (let index = 0; index < 16; index++) {
    const place = PLACES[index] as number
    const high = DIGITS[uuid.charCodeAt(place)] as number
    const low = DIGITS[uuid.charCodeAt(place + 1)] as number
    bytes[at + index] = ((high & 15) << 4) | (low & 15)
    cases |= high | low
  }
  return cases >> 4
}
