import { execFileSync } from 'node:child_process'
import { benchCosts } from './ingest-parts/costs.ts'

/** How fast samples go in, how small they become, and what that costs: `node bench/ingest.ts [days, 365]`. */
const days = Number(process.argv[2] ?? 365)
const print = (line: string): void => void process.stdout.write(`${line}\n`)

print('one core, parse to encoded chunk (the bar: 300 k/s)')
// On one core: collecting garbage by further threads would wait for that core, and be counted as work while it waits.
const oneCore = new URL('./ingest-parts/one-core.ts', import.meta.url).pathname
execFileSync(process.execPath, ['--single-threaded-gc', oneCore, String(days)], { stdio: 'inherit' })
print('in the table (the bars: 50 times fewer write units, 6 bytes a heart-rate sample)')
await benchCosts(print, days)
