import { derivedUuid, hasDerivedUuid } from '../derived-uuid.ts'
import type { StoredSample } from '../sample.ts'
import { uploadId } from '../upload.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readDeltas, readTexts, writeDeltas, writeTexts } from './columns.ts'
import type { UuidBytes } from './frame.ts'
import { packUuid, writeUuid } from './uuid-bytes.ts'

/**
 * UUIDs, each in the fewest bytes; how goes to the columns: `d` derived, nothing; `r` it stands in a raw envelope, its
 * place there and its mark; `l` and `u` the UUID in lower and upper case, or the very text where the case is mixed.
 */
export function writeUuids(columns: ByteWriter, samples: readonly StoredSample[]): UuidBytes {
  const uuids = Buffer.allocUnsafe(samples.length * 16)
  const marks = Buffer.allocUnsafe(samples.length * 2)
  const forms = new Array<string>(samples.length)
  const ordinals: number[] = []
  let length = 0
  for (let i = 0; i < forms.length; i++) {
    const { sample, original, derived } = samples[i] as StoredSample
    if (original) {
      forms[i] = 'r'
      const { mark } = original
      marks[ordinals.length * 2] = mark & 0xff
      marks[ordinals.length * 2 + 1] = mark >> 8
      ordinals.push(original.ordinal)
    } else if (derived ?? hasDerivedUuid(sample)) forms[i] = 'd'
    else {
      forms[i] = packUuid(sample.uuid, uuids, length) ?? sample.uuid
      length += 16
    }
  }
  writeTexts(columns, forms)
  if (ordinals.length > 0) writeDeltas(columns, ordinals)
  return { uuids: uuids.subarray(0, length), marks: marks.subarray(0, ordinals.length * 2) }
}

/**
 * Gives each sample its UUID, or says where that stands; the samples must have everything else.
 * @param format of the chunk: before the third no UUID stood elsewhere
 * @param envelopes of the samples, as {@link readUpload} gave them
 */
export function readUuids(
  columns: ByteReader,
  { uuids, marks, format }: UuidBytes & { format: number },
  samples: readonly StoredSample[],
  envelopes: readonly { envelope?: string }[],
): void {
  const forms = readTexts(columns, samples.length, form => form)
  const references = format < 3 ? 0 : forms.filter(form => form === 'r').length
  const ordinals = references > 0 ? readDeltas(columns, references) : []
  const count = forms.filter(form => form !== 'd' && form !== 'r').length
  if (uuids.length !== count * 16 || marks.length !== ordinals.length * 2)
    throw new RangeError(
      `the chunk has ${uuids.length} and ${marks.length} bytes of UUIDs for ${count} and ${ordinals.length}`,
    )
  let at = 0
  let referred = 0
  for (let i = 0; i < forms.length; i++) {
    const stored = samples[i] as StoredSample
    const { sample } = stored
    const form = forms[i] as string
    if (form === 'd') {
      sample.uuid = derivedUuid(sample)
      stored.derived = true
    } else if (form === 'r') {
      const { envelope } = envelopes[i] as { envelope?: string }
      if (!envelope) throw new RangeError('the chunk refers to an envelope that it does not name')
      const mark = marks.readUInt16LE(referred * 2)
      stored.original = { envelope, ordinal: ordinals[referred++] as number, mark }
    } else {
      const uuid = writeUuid(uuids, at)
      sample.uuid = form.length > 1 ? form : form === 'u' ? uuid.toUpperCase() : uuid
      at += 16
    }
  }
}

/** The upload of a sample as a chunk keeps it: the envelope that its UUID stands in, from which the upload follows, or its id. */
export function writeUpload({ original, upload }: StoredSample): string {
  return original ? original.envelope : upload
}

/** @param owner whose chunk it is */
export function readUpload(text: string, owner: string): { upload: string; envelope?: string } {
  return text.length === ENVELOPE_DIGITS
    ? { upload: uploadId(owner, text), envelope: text }
    : { upload: text }
}

/** Digits of a SHA-256 in hex; an upload's id has fewer. */
const ENVELOPE_DIGITS = 64
