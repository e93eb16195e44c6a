import { derivedUuid, hasDerivedUuid } from '../derived-uuid.ts'
import type { StoredSample } from '../sample.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readTexts, writeTexts } from './columns.ts'
import { packUuid } from './uuid-bytes.ts'

/**
 * UUIDs as 16 bytes each, or none where they are derived; which, and how each is written, goes to the columns: `d`
 * derived, `l` lower case, `u` upper case, or the very text where the case is mixed.
 */
export function writeUuids(columns: ByteWriter, samples: readonly StoredSample[]): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * 16)
  let length = 0
  const forms = new Array<string>(samples.length)
  for (let i = 0; i < forms.length; i++) {
    const { sample, derived } = samples[i] as StoredSample
    if (derived ?? hasDerivedUuid(sample)) forms[i] = 'd'
    else {
      forms[i] = packUuid(sample.uuid, bytes, length) ?? sample.uuid
      length += 16
    }
  }
  writeTexts(columns, forms)
  return bytes.subarray(0, length)
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
