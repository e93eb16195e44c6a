import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AwsError } from '../../core/aws-error.ts'
import { answerRaw } from './answers.ts'
import { refuse } from './errors.ts'
import { findPortHolder } from './port-holder.ts'
import { type QuickHandlers, readQuickly } from './quick-front.ts'
import type { TlsSettings } from './tls.ts'

/** AWS's limit for all headers of a request together. */
const MAX_HEADER_BYTES = 64 * 1024

/** A listener's open port. */
export interface Front {
  /** How long a client's idle connection stays open, in seconds. */
  keepIdle(seconds: number): void
  /** How many clients are connected. */
  connections(): number
  /** Closes the port and every connection. */
  close(): Promise<void>
}

/** What a front hands on. */
export interface FrontHandlers {
  request: RequestListener
  /** A client has connected; where there is TLS, it has been agreed upon. */
  connection(socket: Socket): void
  /** Whether the request may leave HTTP; if not it is an ordinary one. */
  mayUpgrade(request: IncomingMessage): boolean
  upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void
  /** Takes a simple request at little cost; see `QuickHandlers`. */
  quick: Pick<QuickHandlers, 'take' | 'mayKeep'>
}

/**
 * Opens a port of 127.0.0.1 for a listener.
 * @throws InvalidConfigurationRequest naming the port, and its holder where that can be found
 */
export async function openFront(
  port: number,
  tls: TlsSettings | undefined,
  handlers: FrontHandlers,
): Promise<Front> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: 0,
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: handlers.mayUpgrade,
  }
  const server = tls
    ? createSecureServer({ ...options, ...tls, ...oldCiphers(tls) }, handlers.request)
    : createServer(options, handlers.request)
  let idleMs = 60_000
  if (!tls) {
    // Node's own server comes second: to it go the connections that are not so simple.
    const [handOver] = server.listeners('connection') as ((socket: Socket) => void)[]
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) =>
      readQuickly(socket, idleMs, { ...handlers.quick, handOver: () => handOver?.call(server, socket) }),
    )
  }
  server.on('upgrade', handlers.upgrade)
  server.on('clientError', refuseUnreadable)
  server.on(tls ? 'secureConnection' : 'connection', handlers.connection)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    throw await explain(port, error as NodeJS.ErrnoException)
  }
  return {
    connections: () => sockets.size,
    keepIdle: seconds => {
      idleMs = seconds * 1000
      server.keepAliveTimeout = seconds * 1000
      server.headersTimeout = seconds * 1000
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** OpenSSL takes TLS 1.0 and 1.1 only at its lowest level of security. */
function oldCiphers({ minVersion }: TlsSettings): { ciphers?: string } {
  return minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? { ciphers: 'DEFAULT:@SECLEVEL=0' } : {}
}

/** What is not HTTP, or larger than it may be, is a bad request; who is silent while sending is told so. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  answerRaw(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400)
}

async function explain(port: number, error: NodeJS.ErrnoException): Promise<AwsError> {
  const place = `port ${port} on 127.0.0.1`
  if (error.code === 'EADDRINUSE') {
    const holder = await findPortHolder(port)
    const whose = holder?.includes(`(pid ${process.pid})`) ? 'this local cloud, for another listener' : holder
    return refuse(
      'InvalidConfigurationRequest',
      `${place} is taken${whose ? ` by ${whose}` : ''}; stop what holds it or choose another port`,
    )
  }
  if (error.code === 'EACCES')
    return refuse('InvalidConfigurationRequest', `${place} needs privileges; choose a port above 1023`)
  return refuse('InvalidConfigurationRequest', `${place} cannot be opened: ${error.code}`)
}
