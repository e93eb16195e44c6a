import type { RawItem } from '../../adapters/dynamodb/user-items.ts'
import type { UploadPointer } from '../../domain/upload.ts'
import { wholeSamples } from './whole-samples.ts'
import type { ExportDeps, ExportLine } from './write-export.ts'

/** Kinds of items that are machinery and hold nothing of their owner's. */
const MACHINERY = ['IDEM', 'IMPORT', 'EVENT', 'DATAKEY', 'SAME']

/**
 * Everything that the table holds of a user: a line that says what this is, a line for each sample as it was sent, for
 * each summary, each deletion and each other record, and a last line with the number of lines, by which a cut copy is
 * told. Records of a kind that is not known here are given as they lie in the table, so that nothing is left out.
 */
export async function* ndjsonLines(deps: ExportDeps, pointer: UploadPointer): AsyncGenerator<ExportLine> {
  const line = (value: object, sample = false): ExportLine => ({ value, sample })
  const created_at = new Date(deps.clock.now()).toISOString()
  yield line({ kind: 'export', format: 'clarity-export/1', user_id: pointer.user_id, created_at })
  let lines = 2
  for await (const item of deps.partition.items(pointer.user_id)) {
    if (item.sk.startsWith('INSIGHT#') && deps.openInsight) {
      lines++
      yield line({ kind: 'insight', ...(await deps.openInsight(pointer.user_id, item)) })
      continue
    }
    for await (const value of linesOf(deps, item, pointer)) {
      lines++
      yield value
    }
  }
  yield line({ kind: 'end', lines })
}

async function* linesOf(deps: ExportDeps, item: RawItem, pointer: UploadPointer): AsyncGenerator<ExportLine> {
  const [kind = '', ...rest] = item.sk.split('#')
  if (MACHINERY.includes(kind) || item.sk === `UPLOAD#${pointer.upload_id}`) return
  if (kind === 'C') {
    for (const { sample, metric, upload } of await wholeSamples(deps, pointer.user_id, item.data))
      yield { value: { kind: 'sample', metric: metric.name, upload_id: upload, sample }, sample: true }
  } else if (kind === 'T') {
    for (const uuid of uuidsOf(item.data as Uint8Array))
      yield { value: { kind: 'deletion', uuid }, sample: false }
  } else if (kind === 'S') {
    if (item.summary) yield { value: { kind: 'summary', ...JSON.parse(String(item.summary)) }, sample: false }
  } else {
    const { pk: _, sk: __, ...fields } = item
    yield { value: { kind: kind.toLowerCase(), id: rest.join('#'), record: plain(fields) }, sample: false }
  }
}

function uuidsOf(data: Uint8Array): string[] {
  const hex = Buffer.from(data).toString('hex')
  return (hex.match(/.{32}/g) ?? []).map(h => h.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
}

/** An item's attributes as JSON has them: bytes in Base64, sets as lists. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if (value instanceof Set) return [...value].map(plain)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
  return value
}
