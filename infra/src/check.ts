import { checkEnvironments } from './check-environments.ts'
import { reportOf } from './report.ts'

/** `node infra/src/check.ts`: all environments, all rules on, in one command; exit code 1 when one finds something. */
const start = performance.now()
const { lines, wrong } = reportOf(checkEnvironments(), start)
process.stdout.write(`${lines.join('\n')}\n`)
process.exitCode = wrong > 0 ? 1 : 0
