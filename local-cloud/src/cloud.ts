import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAccess } from './access/access.ts'
import { AwsError, notImplemented } from './core/aws-error.ts'
import { type Clock, createClock } from './core/clock.ts'
import { type AccessKey, createCredentials } from './core/credentials.ts'
import type { CreateService, Invoke, Service, ServiceContext } from './core/service.ts'
import { openStore } from './core/store.ts'
import { createControl } from './gateway/control.ts'
import { createFaults, type Faults } from './gateway/faults.ts'
import { createGateway } from './gateway/gateway.ts'
import { createCallHistory } from './history/call-history.ts'

export interface CloudOptions {
  /** The folder that holds the state; made when absent, kept between starts. */
  state: string
  /** Port of the AWS endpoint on 127.0.0.1; 0 takes a free one. @default 0 */
  port?: number
  /** How many times faster AWS settings in minutes pass. @default 1 */
  speed?: number
  accountId?: string
  region?: string
  /** @default every service of the catalogue */
  services?: CreateService[]
  log?: ServiceContext['log']
}

export interface Cloud {
  endpoint: string
  /** The installation's own access key. */
  key: AccessKey
  clock: Clock
  faults: Faults
  /** Calls an operation in this process, without the wire. */
  invoke: Invoke
  stop(): Promise<void>
  /** Resolves when the cloud has stopped, by `stop` or through the control API. */
  stopped: Promise<void>
}

/**
 * Starts the local cloud on 127.0.0.1: one endpoint for the AWS APIs.
 * @throws the listening error (`EADDRINUSE`) when the port is taken
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const clock = createClock(options.speed)
  const faults = createFaults(clock)
  const store = openStore(options.state, faults.room)
  const accountId = options.accountId ?? '124355672559'
  const credentials = createCredentials(store, clock, accountId)
  const log = options.log ?? (() => {})
  let endpoint = ''

  const invoke: Invoke = async (service, operation, input, principal) => {
    const found = services.find(s => s.name === service)
    const run = found?.operations[operation]
    if (!found || !run) throw notImplemented(service, operation)
    const caller = { accountId, arn: principal, userId: principal, accessKeyId: '' }
    const given = input as Record<string, unknown>
    const call = { service: found, operation, input: given, caller, requestId: randomUUID() }
    const signal = new AbortController().signal
    try {
      authorize?.(found, operation, given, principal)
      const output = await run(input, { caller, requestId: 'internal', signal })
      note?.(call)
      return output as never
    } catch (error) {
      note?.({ ...call, errorCode: error instanceof AwsError ? error.code : 'InternalFailure' })
      throw error
    }
  }

  const context: ServiceContext = {
    accountId,
    region: options.region ?? 'us-east-1',
    endpoint: () => endpoint,
    clock,
    store,
    credentials,
    invoke,
    log,
  }
  // a test that names its services need not load the others
  const creators = options.services ?? (await import('./services/catalogue.ts')).CATALOGUE
  const services: Service[] = creators.map(create => create(context))
  const authorize = services.some(s => s.name === 'iam')
    ? createAccess(store, { accountId, region: context.region })
    : undefined
  const note = services.some(s => s.name === 'cloudtrail')
    ? createCallHistory(store, clock, { accountId, region: context.region }, log)
    : undefined
  const { promise: stopped, resolve: haveStopped } = Promise.withResolvers<void>()
  const control = createControl({
    faults,
    clock,
    describe: () => ({ services: services.map(s => s.name), pid: process.pid, now: clock.now() }),
    stop: () => void stop(),
  })
  const gateway = createGateway({ services, credentials, clock, faults, control, authorize, note, log })
  gateway.listen(options.port ?? 0, '127.0.0.1')
  await once(gateway, 'listening')
  endpoint = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  for (const service of services) await service.start?.()

  let stopping: Promise<void> | undefined
  function stop(): Promise<void> {
    stopping ??= (async () => {
      for (const service of [...services].reverse()) await service.stop?.()
      gateway.closeAllConnections()
      await new Promise(resolve => gateway.close(resolve))
      store.close()
      haveStopped()
    })()
    return stopping
  }

  return { endpoint, key: credentials.root, clock, faults, invoke, stop, stopped }
}

export { AwsError }
