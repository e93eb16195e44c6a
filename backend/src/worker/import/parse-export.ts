import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { UnprocessableUpload } from '../../domain/upload.ts'
import { type ExportElement, recordToSample, summaryToSample, workoutToSample } from './to-sample.ts'

/** Elements that become samples, and how. */
const CONVERTERS = { Record: recordToSample, Workout: workoutToSample, ActivitySummary: summaryToSample }

/**
 * Reads an Apple Health export as it streams in and yields a sample for every record, workout and activity summary, a
 * batch for every piece of the stream. Samples are not checked yet.
 * @throws UnprocessableUpload where the XML is malformed, incomplete or not an export; what was yielded before is good
 */
export async function* parseExport(xml: AsyncIterable<Uint8Array>): AsyncGenerator<unknown[]> {
  const parser = new SaxesParser({ position: true, xmlns: false })
  const text = new TextDecoder('utf-8', { fatal: true })
  const open: ExportElement[] = []
  let found: unknown[] = []
  // saxes closes what was left open before it complains of that: an element counts once no such complaint followed.
  let closed: unknown
  const settle = (): void => {
    if (closed !== undefined) found.push(closed)
    closed = undefined
  }
  let depth = 0
  parser.on('opentag', (tag: SaxesTagPlain) => {
    settle()
    if (depth++ === 0 && tag.name !== 'HealthData')
      throw new UnprocessableUpload('the XML is not an Apple Health export: its root is not HealthData')
    const attributes = tag.attributes as Record<string, string>
    if (Object.hasOwn(CONVERTERS, tag.name)) open.push({ name: tag.name, attributes, children: [] })
    else open.at(-1)?.children.push({ name: tag.name, attributes })
  })
  parser.on('closetag', (tag: SaxesTagPlain) => {
    settle()
    depth--
    if (!Object.hasOwn(CONVERTERS, tag.name)) return
    const element = open.pop()
    if (element) closed = CONVERTERS[tag.name as keyof typeof CONVERTERS](element)
  })
  const feed = (step: () => void): void => {
    try {
      step()
    } catch (cause) {
      if (cause instanceof UnprocessableUpload) throw cause
      if (!String(cause).includes('unexpected close tag')) settle()
      const place = `line ${parser.line}, column ${parser.column}`
      throw new UnprocessableUpload(
        `the XML is malformed or incomplete at ${place}; the records before it are stored. Export again and send it anew`,
        { cause },
      )
    }
  }
  const take = (): unknown[] => {
    const taken = found
    found = []
    return taken
  }
  try {
    for await (const bytes of xml) {
      feed(() => parser.write(text.decode(bytes, { stream: true })))
      yield take()
    }
    feed(() => {
      parser.write(text.decode())
      parser.close()
    })
  } catch (error) {
    // What stood before the fault is good.
    yield take()
    throw error
  }
  settle()
  yield take()
}
