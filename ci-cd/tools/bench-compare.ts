import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * `make bench-compare BASE=<commit>`: the benchmarks of this checkout and of another commit, in turns, in one run on one
 * machine. A line a figure: base, change, ratio of the medians. Exit code 1 when a figure is worse than the noise between
 * turns explains: by more than a quarter, and worse in every turn than the base in any.
 *
 * `BENCHES` names other benchmarks than the default, by file name without `.ts`; `TURNS` how often each is run.
 */
const BENCHES = (process.env.BENCHES ?? 'ingest api').split(' ')
const TURNS = Number(process.env.TURNS ?? 3)
const WORSE = 1.25

const base = process.env.BASE
if (!base) {
  process.stderr.write('BASE is not set; do next: make bench-compare BASE=origin/main\n')
  process.exit(2)
}
const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.clarity/bench')
const other = join(folder, 'base')
mkdirSync(folder, { recursive: true })
rmSync(other, { recursive: true, force: true })
execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, other])
execFileSync('git', ['checkout', '--quiet', base], { cwd: other })
execFileSync('make', ['install'], { cwd: other, stdio: 'inherit' })

interface Figure {
  value: number
  unit: string
}

let worse = 0
const report: string[] = []
for (const bench of BENCHES) {
  const runs: Record<string, Map<string, Figure>[]> = { [other]: [], [root]: [] }
  for (let turn = 0; turn < TURNS; turn++)
    for (const checkout of turn % 2 === 0 ? [other, root] : [root, other])
      runs[checkout]?.push(measure(checkout, bench))
  for (const name of runs[root]?.[0]?.keys() ?? [])
    compare(bench, name, valuesOf(runs[other], name), valuesOf(runs[root], name))
}
writeFileSync(join(folder, 'compared.txt'), `${report.join('\n')}\n`)
process.exitCode = worse > 0 ? 1 : 0

/** The figures of one run; none where the commit has no such benchmark. A benchmark that fails ends the comparison. */
function measure(checkout: string, bench: string): Map<string, Figure> {
  const file = join('bench', `${bench}.ts`)
  if (!existsSync(join(checkout, file))) return new Map()
  const node = join(checkout, 'node_modules/.bin/node')
  const { status, stdout, stderr } = spawnSync(node, [file], { cwd: checkout, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${bench} ended with ${status} in ${checkout}: ${stderr}`)
  const lines = [...stdout.matchAll(/^(\S.*?) {2,}([\d.,]+) ?(\S*)/gm)]
  return new Map(
    lines.map(([, name = '', value = '', unit = '']) => [
      name,
      { value: Number(value.replaceAll(',', '')), unit },
    ]),
  )
}

function valuesOf(runs: Map<string, Figure>[] = [], name: string): Figure[] {
  return runs.flatMap(figures => figures.get(name) ?? [])
}

function compare(bench: string, name: string, before: Figure[], after: Figure[]): void {
  const unit = after[0]?.unit ?? ''
  const now = median(after)
  if (before.length === 0) {
    tell(`  ${bench}: ${name.padEnd(50)} new: ${now} ${unit}`)
    return
  }
  const was = median(before)
  const more = unit.endsWith('/s')
  const ratio = more ? was / now : now / was
  const values = (figures: Figure[]) => figures.map(({ value }) => value)
  const apart = more
    ? Math.max(...values(after)) < Math.min(...values(before))
    : Math.min(...values(after)) > Math.max(...values(before))
  const isWorse = ratio > WORSE && apart
  if (isWorse) worse++
  tell(
    `${isWorse ? '✗' : ' '} ${bench}: ${name.padEnd(50)} ${was} → ${now} ${unit} (${(1 / ratio).toFixed(2)} times as good)`,
  )
}

function median(figures: Figure[]): number {
  const sorted = figures.map(({ value }) => value).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function tell(line: string): void {
  report.push(line)
  process.stdout.write(`${line}\n`)
}
