import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { xmlOf } from '../ingest-parts/codec.ts'
import { WATCH_TYPES, watchSeries } from '../ingest-parts/watch-year.ts'

/** Writes an export of about so many bytes, as Apple Health orders it: type after type, each in the order of time. */
export async function generateExport(path: string, bytes: number): Promise<number> {
  const out = createWriteStream(path)
  let written = 0
  const write = async (text: string): Promise<void> => {
    written += Buffer.byteLength(text)
    if (!out.write(text)) await once(out, 'drain')
  }
  await write(
    '<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="en_US">\n <ExportDate value="2026-11-20 08:00:00 +0000"/>\n',
  )
  const days = Math.ceil(bytes / BYTES_A_DAY)
  const start = Date.parse('2026-11-20T00:00:00Z') - days * 86_400_000
  for (const type of WATCH_TYPES)
    for (const day of watchSeries(type, start, days, 'client')) await write(day.map(xmlOf).join(''))
  await write('</HealthData>\n')
  out.end()
  await once(out, 'close')
  return written
}

/** About what the records of a day of a watch take. */
const BYTES_A_DAY = 1_480_000
