import { createReadStream } from 'node:fs'
import { SaxesParser } from 'saxes'
import { parseExport } from '../../backend/src/worker/import/parse-export.ts'
import { type ExportElement, recordToSample } from '../../backend/src/worker/import/to-sample.ts'

/**
 * Reads a file in a process of its own, `node readers.ts <reader> <file>`: `own` makes samples, `saxes` only tells of
 * tags, and `saxes-samples` makes the same samples of them.
 */
const [, , reader, path = ''] = process.argv
const bytes = createReadStream(path, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>
const started = performance.now()
const before = process.cpuUsage()
let records = 0
if (reader === 'own') for await (const batch of parseExport(bytes)) records += batch.samples.length
else {
  const parser = new SaxesParser({ xmlns: false })
  let open: ExportElement | undefined
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'Record') records++
    if (reader === 'saxes') return
    const given = attributes as Record<string, string>
    if (name === 'Record') open = { name, attributes: given, children: [] }
    else open?.children.push({ name, attributes: given })
  })
  parser.on('closetag', ({ name }) => {
    if (name === 'Record' && open) recordToSample(open)
  })
  const text = new TextDecoder()
  for await (const piece of bytes) parser.write(text.decode(piece, { stream: true }))
  parser.close()
}
const { user, system } = process.cpuUsage(before)
const result = {
  records,
  wallMs: performance.now() - started,
  cpuMs: (user + system) / 1000,
  rssMb: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(JSON.stringify(result))
