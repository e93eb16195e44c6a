import type { ByteReader, ByteWriter } from './bytes.ts'
import { readTexts, writeTexts } from './columns.ts'

/** UUIDs as 16 bytes each; how each is written goes to the columns: lower case, upper case, or mixed and so verbatim. */
export function writeUuids(columns: ByteWriter, raw: ByteWriter, uuids: readonly string[]): void {
  writeTexts(
    columns,
    uuids.map(uuid => (uuid === uuid.toLowerCase() ? 'l' : uuid === uuid.toUpperCase() ? 'u' : uuid)),
  )
  raw.bytes(Buffer.from(uuids.join('').replaceAll('-', ''), 'hex'))
}

export function readUuids(columns: ByteReader, raw: ByteReader, count: number): string[] {
  const forms = readTexts(columns, count, form => form)
  const hex = raw.bytes(count * 16).toString('hex')
  return forms.map((form, index) => {
    if (form.length > 1) return form
    const h = hex.slice(index * 32, index * 32 + 32)
    const uuid = `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
    return form === 'u' ? uuid.toUpperCase() : uuid
  })
}
