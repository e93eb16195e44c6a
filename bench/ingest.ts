import { benchCodec } from './ingest-parts/codec.ts'

/** How fast samples go in, how small they become, and what that costs: `node bench/ingest.ts`. */
const print = (line: string): void => void process.stdout.write(`${line}\n`)

print('one core, parse to encoded chunk (the bar: 300 k/s, 6 bytes a sample)')
await benchCodec(print)
