/** How an Apple Health export comes: the XML itself, or the zip that the Health app makes. */
export type ExportFormat = 'xml' | 'zip'

/** Bytes needed at most to tell: a byte order mark, and some white space before the XML. */
export const FORMAT_HEAD_BYTES = 64

/** Tells the format by its first bytes, whatever the client calls it; `undefined` for anything else. */
export function exportFormat(head: Uint8Array): ExportFormat | undefined {
  // APPNOTE.TXT 4.3.7: a local file header starts with PK\3\4.
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04) return 'zip'
  const text = Buffer.from(head)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
  return /^\s*<[?!\w]/.test(text) ? 'xml' : undefined
}
