import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { MOTO_VERSION, startMoto } from './moto.ts'
import { runSuite } from './outcomes.ts'
import { type ComparedService, renderReport } from './report.ts'
import { SUITES } from './suites.ts'
import { openOther, openOurs } from './target.ts'

/**
 * Runs every suite against the local cloud and against moto, and writes docs/conformance.md.
 * `node local-cloud/conformance/compare.ts`; needs Python 3 with venv, and PyPI the first time.
 */
const PAGE = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url))

const ours = await openOurs()
const moto = await startMoto()
const compared: ComparedService[] = []
try {
  const other = openOther(moto.endpoint)
  for (const suite of SUITES) {
    const here = await runSuite(suite, ours.target)
    const there = await runSuite(suite, other.target)
    const cases = here.map(({ case: { says, page }, outcome }, at) => ({
      says,
      page,
      ours: outcome,
      moto: there[at]?.outcome ?? { result: 'skipped' as const, because: 'the case is not there' },
    }))
    compared.push({ service: suite.service, cases })
    const count = (who: 'ours' | 'moto') => cases.filter(one => one[who].result === 'passed').length
    process.stdout.write(
      `${suite.service}: ${cases.length} cases, ${count('ours')} pass here, ${count('moto')} with moto\n`,
    )
  }
} finally {
  await moto.stop()
  await ours.close()
}
const date = new Date().toISOString().slice(0, 10)
await writeFile(PAGE, renderReport(compared, { date, moto: MOTO_VERSION }))
const failed = compared.flatMap(({ cases }) => cases).filter(one => one.ours.result === 'failed')
process.stdout.write(`wrote ${PAGE}; ${failed.length} cases fail here\n`)
process.exit(failed.length > 0 ? 1 : 0)
