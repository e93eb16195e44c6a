import { setTimeout as sleep } from 'node:timers/promises'
import { type Environment, namesOf } from '@clarity/environments'
import { createAlarms } from '../aws/alarms.ts'
import type { Ecs } from '../aws/ecs.ts'
import type { LoadBalancing } from '../aws/load-balancing.ts'
import type { Logs } from '../aws/logs.ts'
import { createTrafficSettings } from '../aws/traffic-settings.ts'
import { collectFacts } from '../diagnose/collect-facts.ts'
import { type Diagnosis, diagnose } from '../release/diagnosis/diagnose.ts'
import type { Access } from '../target.ts'

/** How long a cause is looked for, in ms: whoever is paged reads on with 'clarity diagnose'. */
const PATIENCE_MS = 15_000

/**
 * Why a deployment fails, by the rules of `clarity diagnose`; log lines in it are redacted.
 * @returns undefined where nothing could be found out in time
 */
export async function explain(
  context: { access: Access; environment: Environment; ecs: Ecs; loadBalancing: LoadBalancing; logs: Logs },
  part: 'api' | 'worker',
  deployment: string,
): Promise<Diagnosis | undefined> {
  const { access, environment, ecs, loadBalancing, logs } = context
  const { cluster, prefix, apiService, workerService } = namesOf(environment)
  const witnesses = {
    ecs,
    loadBalancing,
    logs,
    traffic: createTrafficSettings(access),
    alarms: createAlarms(access),
    now: () => new Date(),
  }
  const question = {
    environment: environment.name,
    cluster,
    service: part === 'api' ? apiService : workerService,
    deployment,
    alarmPrefix: `${prefix}-`,
  }
  const late = sleep(PATIENCE_MS, undefined, { ref: false })
  return Promise.race([collectFacts(witnesses, question).then(diagnose), late]).catch(() => undefined)
}
