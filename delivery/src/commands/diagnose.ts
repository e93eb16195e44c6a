import { namesOf } from '@clarity/environments'
import { createAlarms } from '../aws/alarms.ts'
import { createEcs } from '../aws/ecs.ts'
import { createLoadBalancing } from '../aws/load-balancing.ts'
import { createLogs } from '../aws/logs.ts'
import { createTrafficSettings } from '../aws/traffic-settings.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { collectFacts, type Witnesses } from '../diagnose/collect-facts.ts'
import { diagnosisLines } from '../diagnose/report.ts'
import { ClarityError } from '../errors.ts'
import { diagnose } from '../release/diagnosis/diagnose.ts'
import { access, chooseTarget } from '../target.ts'

/**
 * `clarity diagnose <env> [--deployment arn]`: why a deployment failed, as one cause with evidence and fix, for
 * both services. Exit code 0 when nothing fails, 3 otherwise.
 */
export const run: RunCommand = async ({ emit, root, variables, values, positionals: [name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  const { environment } = target
  const { cluster, prefix, apiService, workerService } = namesOf(environment)
  const arn = values.deployment as string | undefined
  const services = arn ? [serviceOf(arn, [apiService, workerService])] : [apiService, workerService]

  const to = await access(target)
  const who: Witnesses = {
    ecs: createEcs(to),
    loadBalancing: createLoadBalancing(to),
    traffic: createTrafficSettings(to),
    logs: createLogs(to),
    alarms: createAlarms(to),
    now: () => new Date(),
  }
  const where = { environment: environment.name, cluster, alarmPrefix: `${prefix}-`, deployment: arn }
  const diagnoses = await Promise.all(
    services.map(async service => diagnose(await collectFacts(who, { ...where, service }))),
  )
  const failing = diagnoses.some(({ state }) => state === 'failing')
  emit({
    type: 'result',
    text: diagnoses.map(d => diagnosisLines(d).join('\n')).join('\n\n'),
    data: { environment: environment.name, failing, services: diagnoses },
  })
  return failing ? EXIT.unhealthy : EXIT.succeeded
}

/** `arn:aws:ecs:<region>:<account>:service-deployment/<cluster>/<service>/<id>` */
function serviceOf(arn: string, services: string[]): string {
  const service = /:service-deployment\/[^/]+\/([^/]+)\/[^/]+$/.exec(arn)?.[1]
  if (service && services.includes(service)) return service
  throw new ClarityError(
    'usage',
    `'${arn}' is not the ARN of a deployment of ${services.join(' or ')}`,
    "'clarity history <env> --json' lists them",
    { exitCode: EXIT.usage },
  )
}
