import { namesOf } from '@clarity/environments'
import { updateApiService } from '../../release/services.ts'
import { type Check, failed, passed } from '../check.ts'

/** ECS ignores, for the whole deployment, an alarm that was in ALARM when it began. */
export const alarms: Check = {
  name: 'alarms',
  title: 'no deployment alarm is in ALARM already',
  run: async ({ alarms: cloudWatch, environment, handedOn, release, ecs }) => {
    const { prefix, cluster, apiService } = namesOf(environment)
    const live = await ecs.service(cluster, apiService).catch(() => undefined)
    const next = updateApiService(environment, handedOn, release.api.family ?? '')
    const watched = new Set([
      ...(live?.deploymentConfiguration?.alarms?.alarmNames ?? []),
      ...(next.deploymentConfiguration?.alarms?.alarmNames ?? []),
    ])
    const known = (await cloudWatch.withPrefix(`${prefix}-`)).filter(({ name }) => isOwn(name, prefix))
    const ringing = known.filter(({ state }) => state === 'ALARM')
    const failures = ringing
      .filter(({ name }) => watched.has(name))
      .map(({ name, reason }) =>
        failed(
          `the deployment alarm ${name} is in ALARM, so ECS would not roll back for it: ${reason}`,
          `mend its cause and wait for OK: aws cloudwatch describe-alarms --alarm-names ${name}`,
        ),
      )
    const missing = [...watched]
      .filter(name => !known.some(alarm => alarm.name === name))
      .map(name =>
        failed(`the deployment alarm ${name} does not exist`, `clarity infra deploy ${environment.name}`),
      )
    if (failures.length + missing.length > 0) return [...failures, ...missing]
    const others = ringing.map(({ name }) => name)
    const aside = others.length > 0 ? `; in ALARM, but watched by no deployment: ${others.join(', ')}` : ''
    return [passed(`${watched.size} deployment alarms, ${known.length} alarms in all${aside}`)]
  },
}

/** Production's prefix is the beginning of the others' too. */
function isOwn(name: string, prefix: string): boolean {
  return prefix !== 'clarity' || !/^clarity-(dev|staging)-/.test(name)
}
