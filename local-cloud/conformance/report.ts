import type { Outcome } from './outcomes.ts'

/** One case as it ended here and with moto. */
export interface Compared {
  says: string
  page: string
  ours: Outcome
  moto: Outcome
}

/** The cases of one service. */
export interface ComparedService {
  service: string
  cases: Compared[]
}

/** The page `docs/conformance.md`: what holds here and with moto, and who is right where they differ. */
export function renderReport(services: ComparedService[], about: { date: string; moto: string }): string {
  const all = services.flatMap(({ cases }) => cases)
  const passed = (who: 'ours' | 'moto', cases: Compared[]) =>
    cases.filter(one => one[who].result === 'passed').length
  const summary = services.map(
    ({ service, cases }) =>
      `| ${service} | ${cases.length} | ${passed('ours', cases)} | ${passed('moto', cases)} |`,
  )
  return `# Conformance

What AWS's documentation says, asked of the local cloud and of [moto](https://github.com/getmoto/moto) ${about.moto} by the same unmodified AWS SDK for JavaScript v3
clients. Written by \`node local-cloud/conformance/compare.ts\` on ${about.date}; the local cloud's side is a test (\`local-cloud/conformance/conformance.test.ts\`).
A case is a sentence of the documentation with its page; whoever passes it does what that page says. The cases were written from the documentation by those who wrote the local cloud, and what it
failed at first was built: that it passes them all says less of it than where moto differs says of moto. Where a page names no error code, the case has the one that AWS is known to give.
A pass says nothing beyond the case: moto, made to be mocked with, passes what a mock must.

| service | cases | local cloud | moto |
|---|---|---|---|
${summary.join('\n')}
| all | ${all.length} | ${passed('ours', all)} | ${passed('moto', all)} |

## Where they differ

${differences(services)}

## Every case

${services.map(everyCase).join('\n\n')}
`
}

function differences(services: ComparedService[]): string {
  const sections = services.flatMap(({ service, cases }) => {
    const rows = cases.filter(({ ours, moto }) => ours.result !== moto.result || ours.result === 'failed')
    if (rows.length === 0) return []
    return [
      `### ${service}\n\n| AWS says | right | what the other did |\n|---|---|---|\n${rows.map(difference).join('\n')}`,
    ]
  })
  return sections.length > 0 ? sections.join('\n\n') : 'Nowhere.'
}

function difference(one: Compared): string {
  const wrong = one.ours.result === 'passed' ? one.moto : one.ours
  const because = wrong.result === 'passed' ? '' : wrong.because
  return `| ${linked(one)} | ${right(one)} | ${wrong.result === 'skipped' ? `not asked: ${cell(because)}` : cell(because)} |`
}

function right({ ours, moto }: Compared): string {
  if (ours.result === 'passed')
    return moto.result === 'skipped' ? 'local cloud (moto not asked)' : 'local cloud'
  return moto.result === 'passed' ? 'moto' : 'neither'
}

function everyCase({ service, cases }: ComparedService): string {
  const mark = { passed: 'yes', failed: '**no**', skipped: 'not asked' }
  const rows = cases.map(one => `| ${linked(one)} | ${mark[one.ours.result]} | ${mark[one.moto.result]} |`)
  return `### ${service}: all cases\n\n| AWS says | local cloud | moto |\n|---|---|---|\n${rows.join('\n')}`
}

function linked({ says, page }: Compared): string {
  return `[${cell(says)}](${page})`
}

/** Text of a table's cell: nothing that the table would take for its own, no names made up for one run. */
function cell(text: string): string {
  return text
    .replace(/-[0-9a-f]{10}\b/g, '-…')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/eyJ[\w.-]+/g, '<token>')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('\n', ' ')
}
