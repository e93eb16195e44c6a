import { UnprocessableUpload } from '../../domain/upload.ts'
import { type ExportElement, recordToSample, summaryToSample, workoutToSample } from './to-sample.ts'
import { createXmlScanner, XmlFault } from './xml-scanner.ts'

/** A sample of an export, which is not checked yet. */
export interface ExportSample {
  input: unknown
  /** Set where the sample has no UUID and is to get the one that is derived from it. */
  derived?: true
  /** Offset in bytes behind its element where reading can be taken up again; absent inside of another element. */
  end?: number
}

/** The samples of one piece of the stream. */
export interface ExportBatch {
  samples: ExportSample[]
  /** Line of the XML at the end of one of them. */
  lineAt(end: number): number
}

/** Where reading begins: at the start, or at the `end` of a sample. */
export interface ExportStart {
  offset: number
  line: number
}

/** Elements that become samples, and how. */
const CONVERTERS = { Record: recordToSample, Workout: workoutToSample, ActivitySummary: summaryToSample }
const ROOT = 'HealthData'

/**
 * Reads an Apple Health export as it streams in and yields a sample for every record, workout and activity summary, a
 * batch for every piece of the stream. Samples are not checked yet.
 * @param xml the bytes from `start` on
 * @throws UnprocessableUpload where the XML is malformed, incomplete or not an export; what was yielded before is good
 */
export async function* parseExport(
  xml: AsyncIterable<Uint8Array>,
  start: ExportStart = { offset: 0, line: 1 },
): AsyncGenerator<ExportBatch> {
  const open: ExportElement[] = []
  let depth = start.offset > 0 ? 1 : 0
  let found: ExportSample[] = []
  /** The piece that is being read, and where in the document it lies. */
  let piece: { bytes: Uint8Array; offset: number; line: number } = { bytes: EMPTY, ...start }
  const scanner = createXmlScanner(
    {
      open({ name, attributes }) {
        if (depth++ === 0 && name !== ROOT)
          throw new UnprocessableUpload('the XML is not an Apple Health export: its root is not HealthData')
        if (Object.hasOwn(CONVERTERS, name)) open.push({ name, attributes, children: [] })
        else open.at(-1)?.children.push({ name, attributes })
      },
      close(name, end) {
        depth--
        if (!Object.hasOwn(CONVERTERS, name)) return
        const element = open.pop()
        if (!element) return
        const convert = CONVERTERS[name as keyof typeof CONVERTERS]
        // Told by the function: of V8 14.6, `name === 'Record'` was seen to be false of such a name, once in 20,000 times,
        // when the heap was tight.
        const derived = convert === recordToSample ? true : undefined
        found.push({ input: convert(element), derived, end: depth === 1 ? end : undefined })
      },
    },
    { offset: start.offset, open: depth > 0 ? [ROOT] : [] },
  )
  const take = (): ExportBatch => {
    const samples = found
    const { bytes, offset, line } = piece
    found = []
    return { samples, lineAt: end => line + newlines(bytes.subarray(0, Math.max(0, end - offset))) }
  }
  try {
    for await (const bytes of xml) {
      const { offset, line } = piece
      piece = { bytes, offset: offset + piece.bytes.length, line: line + newlines(piece.bytes) }
      scanner.feed(bytes)
      yield take()
    }
    scanner.end()
  } catch (cause) {
    // What stood before the fault is good.
    const last = take()
    yield last
    if (!(cause instanceof XmlFault)) throw cause
    const at = scanner.offset()
    throw new UnprocessableUpload(
      `the XML is malformed or incomplete at line ${last.lineAt(at)}, byte ${at}: ${cause.message}; the records before it are stored. Export again and send it anew`,
      { cause },
    )
  }
}

const EMPTY = new Uint8Array()

function newlines(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}
