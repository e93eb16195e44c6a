import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { comparisonOf, type Figure, figuresOf, lineOf } from './bench-figures.ts'

/**
 * `make bench-compare BASE=<commit>`: the benchmarks of this checkout and of another commit, in turns, in one run on one
 * machine. A line a figure: base, change, how many times as good. Two turns each; where a held figure looks worse, three
 * more of that benchmark decide. Exit code 1 when one is worse by more than a quarter and worse in every turn than the base
 * in any: by chance that is one figure in 252, if noise reached a quarter at all.
 *
 * Held is what other work on the machine changes least: counts, bytes, and processor time of our own code. What goes by the
 * clock is told and holds nothing. On two idle cores it took 3 min 6 s without suspects.
 *
 * `BENCHES='ingest'` takes these only; what the benchmarks print is beside `.clarity/bench/compared.txt`.
 */
const BENCHES = {
  ingest: { args: ['10'], held: /./ },
  api: { args: ['1', '5'], held: /answer|own processor time|failures/ },
}
const TURNS = 2
const MORE_TURNS = 3

const base = process.env.BASE
if (!base) {
  process.stderr.write('BASE is not set; do next: make bench-compare BASE=origin/main\n')
  process.exit(2)
}
const chosen = process.env.BENCHES?.split(' ') ?? Object.keys(BENCHES)
for (const name of chosen)
  if (!(name in BENCHES)) {
    process.stderr.write(
      `no benchmark '${name}' is compared; there are: ${Object.keys(BENCHES).join(', ')}\n`,
    )
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

const report: string[] = []
let worse = 0
for (const name of chosen as (keyof typeof BENCHES)[]) {
  const { held } = BENCHES[name]
  const runs = { before: [] as Map<string, Figure>[], after: [] as Map<string, Figure>[] }
  takeTurns(name, runs, TURNS)
  if (comparisonOf(runs, held).some(figure => figure.isWorse)) {
    tell(`  ${name} looks worse: ${MORE_TURNS} more turns decide`)
    takeTurns(name, runs, MORE_TURNS)
  }
  const compared = comparisonOf(runs, held)
  worse += compared.filter(figure => figure.isWorse).length
  for (const figure of compared) tell(lineOf(name, figure))
}
tell(worse === 0 ? '✓ nothing that is held is worse' : `✗ ${worse} of the held figures are worse`)
writeFileSync(join(folder, 'compared.txt'), `${report.join('\n')}\n`)
process.exitCode = worse > 0 ? 1 : 0

/** The first of a turn changes, so that what grows or cools down falls on both alike. */
function takeTurns(
  name: keyof typeof BENCHES,
  runs: Record<'before' | 'after', Map<string, Figure>[]>,
  turns: number,
): void {
  for (let turn = 0; turn < turns; turn++)
    for (const side of turn % 2 === 0 ? (['before', 'after'] as const) : (['after', 'before'] as const))
      runs[side].push(measure(side === 'before' ? other : root, name))
}

/**
 * The figures of one run; none where the commit has no such benchmark. One that ends with 1 is below a bar of its own, and
 * its figures count; one without figures ends the comparison.
 */
function measure(checkout: string, bench: keyof typeof BENCHES): Map<string, Figure> {
  const file = join('bench', `${bench}.ts`)
  if (!existsSync(join(checkout, file))) return new Map()
  const node = join(checkout, 'node_modules/.bin/node')
  const { args } = BENCHES[bench]
  const { status, stdout, stderr } = spawnSync(node, [file, ...args], { cwd: checkout, encoding: 'utf8' })
  writeFileSync(join(folder, `${bench}.txt`), `${checkout}\n${stdout}\n`, { flag: 'a' })
  const figures = figuresOf(stdout)
  // a commit from before a benchmark printed figures a line has none to compare
  if (figures.size === 0 && (status !== 0 || checkout === root))
    throw new Error(`${bench} ended with ${status} and no figures in ${checkout}: ${stderr}`)
  return figures
}

function tell(line: string): void {
  report.push(line)
  process.stdout.write(`${line}\n`)
}
