import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ServiceContext } from '../../core/service.ts'
import { answerError, answerFixed, answerRedirect } from './answers.ts'
import { type Client, clientOf } from './client.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { type ForwardSettings, forward } from './forward.ts'
import { type Front, openFront } from './front.ts'
import { createIdleWatch } from './idle.ts'
import type { LogDelivery } from './log-delivery.ts'
import { type Counters, countOwn, createMetrics, type Metrics } from './metrics.ts'
import type { ListenerRecord } from './model.ts'
import type { QuickRequest } from './quick-request.ts'
import { refusalOf } from './request-limits.ts'
import { compileRoutes, factsOf, type Route } from './routes.ts'
import { settingsOf } from './settings.ts'
import { groupsOf, metricName, type State } from './state.ts'
import { tlsOf } from './tls.ts'
import { accessLogLine, connectionLogLine, type Trail } from './trail.ts'
import { tunnel } from './tunnel.ts'

/** How often a port that was taken when the cloud started is tried again. */
const REOPEN_MS = 1000

/** What carries the traffic: open ports, routes, targets. It follows the stored records. */
export interface DataPlane {
  fleet: Fleet
  metrics: Metrics
  /** Opens a listener's port. @throws InvalidConfigurationRequest when it cannot */
  open(listener: ListenerRecord): Promise<void>
  /** Moves an open listener to another port or protocol. @throws as `open` does, and then nothing has changed */
  move(from: ListenerRecord, to: ListenerRecord): Promise<void>
  close(listenerArn: string): Promise<void>
  /** Takes over the stored listeners, rules and attributes, for the next request, all at once. */
  refresh(): void
  /** Open connections of clients to a load balancer. */
  connections(loadBalancerArn: string): number
  /** Why a load balancer does not listen on all its ports; undefined when it does. */
  impairment(loadBalancerArn: string): string | undefined
  start(): Promise<void>
  stop(): Promise<void>
}

interface Table {
  listener: ListenerRecord
  settings: ForwardSettings
  /** Longest life of a client's connection. */
  keepAliveMs: number
  routes: Route[]
  /** By rule and group. */
  counters: Map<string, () => Counters>
  logsRequests: boolean
  logsConnections: boolean
}

export function createDataPlane(context: ServiceContext, state: State, logs: LogDelivery): DataPlane {
  const { clock } = context
  const fleet = createFleet(clock)
  const metrics = createMetrics()
  const parts = { fleet, idle: createIdleWatch(clock), clock }
  const fronts = new Map<string, Front>()
  const impaired = new Map<string, string>()
  /** When clients' connections began. */
  const born = new WeakMap<Socket, number>()
  let tables = new Map<string, Table>()
  let stopped = false

  function refresh(): void {
    const next = new Map<string, Table>()
    for (const listener of state.listeners.list()) {
      const routes = compileRoutes(state.rulesOf(listener.arn))
      const balancer = state.loadBalancers.get(listener.loadBalancerArn)
      next.set(listener.arn, {
        listener,
        settings: settingsOf(state, listener),
        keepAliveMs: Number(balancer?.attributes['client_keep_alive.seconds'] ?? 3600) * 1000,
        routes,
        counters: new Map(),
        logsRequests: balancer !== undefined && logs.isOn(balancer, 'access'),
        logsConnections: balancer !== undefined && logs.isOn(balancer, 'connection'),
      })
      fronts.get(listener.arn)?.keepIdle(settingsOf(state, listener).idleMs / 1000)
    }
    tables = next
    fleet.setInUse(new Set(state.rules.list().flatMap(groupsOf)))
  }

  /** The rule for a request, its group where it forwards, and where to count it. */
  function route(table: Table, request: IncomingMessage) {
    const facts = factsOf(request)
    const found = table.routes.find(one => one.matches(facts))
    if (!found) return undefined
    const groupArn = found.nextGroup()
    const counters = countersOf(table, found, groupArn)
    const { action, priority } = found
    return { action, priority, groupArn, settings: table.settings, counters }
  }

  function countersOf(table: Table, { ruleArn }: Route, targetGroupArn: string | undefined) {
    const key = `${ruleArn} ${targetGroupArn}`
    let counters = table.counters.get(key)
    if (!counters) {
      const { loadBalancerArn } = table.listener
      counters = metrics.follow({ loadBalancerArn, ruleArn, targetGroupArn })
      table.counters.set(key, counters)
    }
    return counters()
  }

  /** Takes a simple request that a rule forwards, where nobody wants to read of it. */
  function takeQuick(arn: string, request: QuickRequest, client: Client): boolean {
    const table = tables.get(arn)
    if (!table || table.logsRequests || table.settings.dropInvalid) return false
    const found = table.routes.find(one => one.matches(request))
    if (found?.action.type !== 'forward') return false
    const groupArn = found.nextGroup()
    if (!groupArn) return false
    const counters = countersOf(table, found, groupArn)
    forward(parts, { groupArn, settings: table.settings, counters, client })
    return true
  }

  function isYoung(arn: string, socket: Socket): boolean {
    return clock.now() - (born.get(socket) ?? 0) < (tables.get(arn)?.keepAliveMs ?? 0)
  }

  function serve(arn: string, request: IncomingMessage, response: ServerResponse): void {
    const table = tables.get(arn)
    if (!table) return void answerError(response, 503)
    if (!isYoung(arn, request.socket)) response.shouldKeepAlive = false
    const refusal = refusalOf(request)
    const to = refusal === undefined ? route(table, request) : undefined
    const trail = table.logsRequests ? begin(table, request, response, to) : undefined
    if (!to) {
      const status = refusal ?? 503
      countOwn(metrics.of({ loadBalancerArn: table.listener.loadBalancerArn, ruleArn: '' }), status)
      return void answerError(response, status)
    }
    const { action, counters, groupArn, settings } = to
    if (action.type === 'fixed-response') {
      counters.HTTP_Fixed_Response_Count++
      return void answerFixed(response, action)
    }
    if (action.type === 'redirect') {
      counters.HTTP_Redirect_Count++
      countOwn(counters, action.statusCode)
      const location = answerRedirect(request, response, action, settings)
      if (trail) trail.redirectUrl = location
      return
    }
    const client = clientOf(request, response)
    if (groupArn) return void forward(parts, { groupArn, settings, counters, trail, client })
    countOwn(counters, 503)
    answerError(response, 503)
  }

  /** Begins what the access log tells of a request, and writes it when the request is over. */
  function begin(
    table: Table,
    request: IncomingMessage,
    over: ServerResponse | Duplex,
    to: ReturnType<typeof route>,
  ): Trail {
    const trail: Trail = {
      begunAt: clock.now(),
      begun: performance.now(),
      groupArn: to?.groupArn,
      priority: to?.priority,
      action: to?.action.type,
    }
    over.once('close', () => {
      const status =
        'statusCode' in over ? (over.headersSent ? over.statusCode : 460) : (trail.targetStatus ?? 502)
      const { listener } = table
      const place = { listener, balancer: metricName(listener.loadBalancerArn), now: clock.now() }
      logs.add(listener.loadBalancerArn, 'access', accessLogLine(trail, request, status, place))
    })
    return trail
  }

  /** A client's connection: it is counted, and logged where that is asked for. */
  function greet(arn: string, socket: Socket): void {
    const table = tables.get(arn)
    if (!table) return
    born.set(socket, clock.now())
    const { listener } = table
    metrics.of({ loadBalancerArn: listener.loadBalancerArn, ruleArn: '' }).NewConnectionCount++
    if (table.logsConnections)
      logs.add(listener.loadBalancerArn, 'connection', connectionLogLine(socket, listener, clock.now()))
  }

  /** Only a WebSocket that a rule forwards leaves HTTP. */
  function mayUpgrade(arn: string, request: IncomingMessage): boolean {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return false
    const facts = factsOf(request)
    return tables.get(arn)?.routes.find(one => one.matches(facts))?.action.type === 'forward'
  }

  function upgrade(arn: string, request: IncomingMessage, client: Duplex, head: Buffer): void {
    const table = tables.get(arn)
    const to = table && route(table, request)
    if (!to) return void client.destroy()
    const trail = table.logsRequests ? begin(table, request, client, to) : undefined
    if (trail) trail.webSocket = true
    const { groupArn = '', settings, counters } = to
    tunnel(parts, { groupArn, settings, counters, trail, request, client, head })
  }

  async function open(listener: ListenerRecord): Promise<void> {
    fronts.set(listener.arn, await openPort(listener))
  }

  async function move(from: ListenerRecord, to: ListenerRecord): Promise<void> {
    const old = fronts.get(from.arn)
    if (from.port === to.port) await old?.close()
    try {
      await open(to)
    } catch (error) {
      if (from.port === to.port) await open(from)
      throw error
    }
    impaired.delete(to.arn)
    if (from.port !== to.port) await old?.close()
  }

  async function openPort(listener: ListenerRecord): Promise<Front> {
    const { arn, port, protocol } = listener
    const tls = protocol === 'HTTPS' ? await tlsOf(context, listener) : undefined
    return openFront(port, tls, {
      connection: socket => greet(arn, socket),
      request: (request, response) => {
        try {
          serve(arn, request, response)
        } catch (error) {
          report(error)
          if (response.headersSent) response.destroy()
          else answerError(response, 500)
        }
      },
      mayUpgrade: request => mayUpgrade(arn, request),
      quick: {
        take: (request, client) => {
          try {
            return takeQuick(arn, request, client)
          } catch (error) {
            report(error)
            client.destroy()
            return true
          }
        },
        mayKeep: socket => isYoung(arn, socket),
      },
      upgrade: (request, client, head) => {
        try {
          upgrade(arn, request, client, head)
        } catch (error) {
          report(error)
          client.destroy()
        }
      },
    })
  }

  /** One broken request must not take the other services of the cloud with it. */
  function report(error: unknown): void {
    context.log('elasticloadbalancing', 'internal error', { error: (error as Error).stack })
  }

  async function close(arn: string): Promise<void> {
    const front = fronts.get(arn)
    fronts.delete(arn)
    impaired.delete(arn)
    await front?.close()
  }

  /** Opens a stored listener's port; one that is taken is tried until it is free. */
  async function reopen(listener: ListenerRecord): Promise<void> {
    if (stopped || !state.listeners.get(listener.arn)) return
    try {
      await open(listener)
      impaired.delete(listener.arn)
      refresh()
    } catch (error) {
      const { message } = error as Error
      if (!impaired.has(listener.arn))
        context.log('elasticloadbalancing', 'listener is closed', { error: message })
      impaired.set(listener.arn, message)
      clock.after(REOPEN_MS, () => void reopen(listener))
    }
  }

  return {
    fleet,
    metrics,
    open,
    move,
    close,
    refresh,
    connections: arn =>
      state.listenersOf(arn).reduce((sum, one) => sum + (fronts.get(one.arn)?.connections() ?? 0), 0),
    impairment: arn =>
      state
        .listenersOf(arn)
        .map(listener => impaired.get(listener.arn))
        .find(Boolean),
    start: async () => {
      for (const group of state.targetGroups.list()) fleet.configure(group)
      for (const target of state.targets.list()) fleet.register(target)
      refresh()
      await Promise.all(state.listeners.list().map(reopen))
    },
    stop: async () => {
      stopped = true
      await Promise.all([...fronts.keys()].map(close))
      fleet.stop()
    },
  }
}
