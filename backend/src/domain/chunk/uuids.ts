import { derivedUuid, hasDerivedUuid } from '../derived-uuid.ts'
import type { Sample } from '../sample.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readTexts, writeTexts } from './columns.ts'

/**
 * UUIDs as 16 bytes each, or none where they are derived; which, and how each is written, goes to the columns: `d`
 * derived, `l` lower case, `u` upper case, or the very text where the case is mixed.
 */
export function writeUuids(columns: ByteWriter, raw: ByteWriter, samples: readonly Sample[]): void {
  const forms = samples.map(formOf)
  writeTexts(columns, forms)
  const hex = samples.flatMap(({ uuid }, index) => (forms[index] === 'd' ? [] : [uuid]))
  raw.bytes(Buffer.from(hex.join('').replaceAll('-', ''), 'hex'))
}

/** Gives each sample its UUID; the samples must have everything else. */
export function readUuids(columns: ByteReader, raw: ByteReader, samples: readonly Sample[]): void {
  const forms = readTexts(columns, samples.length, form => form)
  const hex = raw.bytes(16 * forms.filter(form => form !== 'd').length).toString('hex')
  let at = 0
  samples.forEach((sample, index) => {
    const form = forms[index] as string
    if (form === 'd') {
      sample.uuid = derivedUuid(sample)
      return
    }
    const h = hex.slice(at, at + 32)
    at += 32
    const uuid = `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
    sample.uuid = form.length > 1 ? form : form === 'u' ? uuid.toUpperCase() : uuid
  })
}

function formOf(sample: Sample): string {
  if (hasDerivedUuid(sample)) return 'd'
  if (sample.uuid === sample.uuid.toLowerCase()) return 'l'
  return sample.uuid === sample.uuid.toUpperCase() ? 'u' : sample.uuid
}
