import { checkEnvironments } from './check-environments.ts'
import { RULES } from './rules/all-rules.ts'

/** `node infra/src/check.ts`: all environments, all rules on, in one command; exit code 1 when one finds something. */
const start = performance.now()
const { environments, invalid } = checkEnvironments()
const wrong = [
  ...invalid,
  ...environments.flatMap(({ environment, findings, open }) => [
    ...findings.map(({ rule, where, says }) => `${environment.name}: ${rule}: ${where}: ${says}`),
    ...open.map(line => `${environment.name}: ${line}`),
  ]),
]
const resources = environments.map(
  ({ environment, templates, nag }) =>
    `${environment.name} ${templates.stacks.length} stacks, ${templates.resources.length} resources, ${nag.length} findings of the packs answered for`,
)
process.stdout.write(
  `${[...resources, ...wrong, `${RULES.length} rules of ours, HIPAA.Security, AwsSolutions and CDK's validation: ${wrong.length} findings, ${((performance.now() - start) / 1000).toFixed(1)} s`].join('\n')}\n`,
)
process.exitCode = wrong.length > 0 ? 1 : 0
