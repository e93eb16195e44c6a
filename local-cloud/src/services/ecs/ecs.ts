import type { Service, ServiceContext } from '../../core/service.ts'
import { createArns } from './arns.ts'
import { capacityProviderOperations } from './capacity-providers.ts'
import { clusterOperations } from './clusters.ts'
import { createTaskCredentials, metadataHandler } from './credentials-endpoint.ts'
import { deploymentOperations } from './deployments.ts'
import { createEvents } from './events.ts'
import { createImageStore } from './image-store.ts'
import { endOrphans } from './orphans.ts'
import { createPorts } from './ports.ts'
import { publishEcsMetrics } from './publish-metrics.ts'
import { openRecords } from './records.ts'
import { revisionOperations } from './revisions.ts'
import { createScheduler } from './scheduler.ts'
import { serviceOperations } from './services.ts'
import { tagOperations } from './tags.ts'
import { taskDefinitionOperations } from './task-definitions.ts'
import { taskProtectionOperations } from './task-protection.ts'
import { createTaskRunner } from './task-runner.ts'
import { taskOperations } from './tasks.ts'
import { createTraffic } from './traffic.ts'

/** How long stopping waits for the tasks; each has two seconds between SIGTERM and SIGKILL. */
const STOP_MS = 5000

/**
 * Elastic Container Service. A task is a real process from the unpacked layers of its image; services, their
 * deployments and their load balancers work as `SPEC.md` says.
 */
export function createEcs(context: ServiceContext): Service {
  const { clock, store, invoke } = context
  const records = openRecords(store)
  const arns = createArns(context.region, context.accountId)
  const events = createEvents(records, clock)
  const images = createImageStore(store.folder('ecs'), invoke)
  const traffic = createTraffic(invoke, clock)
  const credentials = createTaskCredentials(context)
  const stopping = new AbortController()
  const runner = createTaskRunner({
    context,
    records,
    arns,
    images,
    ports: createPorts(),
    traffic,
    credentials,
    events,
    hurry: stopping.signal,
  })
  const scheduler = createScheduler({ context, records, runner, traffic, events })
  const { kick } = scheduler
  let stopPublishing = () => {}

  async function start(): Promise<void> {
    await images.clear()
    const ended = await endOrphans(records, traffic, clock)
    if (ended > 0) context.log('ecs', 'ended processes of tasks that an earlier cloud left', { count: ended })
    scheduler.start()
    stopPublishing = publishEcsMetrics(context, records)
  }

  /** The tasks end with the cloud; the services' are started again with it. */
  async function stop(): Promise<void> {
    scheduler.stop()
    stopPublishing()
    stopping.abort(new Error('the cloud stops'))
    for (const key of records.tasks.keys())
      runner.stop(key, { reason: 'The local cloud was stopped.', code: 'TerminationNotice' })
    const given = new AbortController()
    await Promise.race([runner.idle(), clock.sleep(STOP_MS, given.signal).catch(() => {})])
    given.abort()
  }

  return {
    name: 'ecs',
    protocol: 'json',
    jsonVersion: '1.1',
    targetPrefix: 'AmazonEC2ContainerServiceV20141113',
    operations: {
      ...clusterOperations(records, arns),
      ...taskDefinitionOperations(records, arns, clock),
      ...taskOperations(records, arns, clock, runner),
      ...taskProtectionOperations(records, arns, clock),
      ...capacityProviderOperations(context.region, context.accountId),
      ...serviceOperations({ records, arns, clock, events, images, traffic, invoke, kick }),
      ...deploymentOperations(records, clock, kick),
      ...revisionOperations(records),
      ...tagOperations(records),
    },
    paths: [
      { matches: /^\/_ecs\/credentials\/\w+$/, handle: credentials.handle },
      { matches: /^\/_ecs\/metadata\/\w+(\/\w+)?$/, handle: metadataHandler(records) },
    ],
    start,
    stop,
  }
}
