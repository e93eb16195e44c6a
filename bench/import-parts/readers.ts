import { createReadStream } from 'node:fs'
import { SaxesParser } from 'saxes'
import { parseExport } from '../../backend/src/worker/import/parse-export.ts'

/** Reads a file with one of the two readers, in a process of its own: `node readers.ts saxes|own <file>`. */
const [, , reader, path = ''] = process.argv
const bytes = createReadStream(path, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>
const started = performance.now()
const before = process.cpuUsage()
let records = 0
if (reader === 'saxes') {
  // What it costs to be told of each tag and its attributes, and no more.
  const parser = new SaxesParser({ xmlns: false })
  parser.on('opentag', ({ name }) => {
    if (name === 'Record') records++
  })
  const text = new TextDecoder()
  for await (const piece of bytes) parser.write(text.decode(piece, { stream: true }))
  parser.close()
} else for await (const batch of parseExport(bytes)) records += batch.samples.length
const { user, system } = process.cpuUsage(before)
const result = {
  records,
  wallMs: performance.now() - started,
  cpuMs: (user + system) / 1000,
  rssMb: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(JSON.stringify(result))
