import type { Socket } from 'node:net'
import { QuickClient } from './quick-client.ts'
import { type QuickRequest, readQuick } from './quick-request.ts'

/** What becomes of a connection's quick requests. */
export interface QuickHandlers {
  /** Takes a request. @returns false when it is not one to be taken quickly; nothing has happened then */
  take(request: QuickRequest, client: QuickClient): boolean
  /** Whether the connection may carry another request after this one. */
  mayKeep(socket: Socket): boolean
  /** The connection goes to Node's own server, for good. What has been read is in it again. */
  handOver(socket: Socket): void
}

/**
 * Reads a client's requests as long as they are simple (`readQuick`) and come one at a time, for less
 * of the processor than Node's own server takes. At the first that is not, the connection goes to that.
 * @param idleMs how long an idle connection stays open, in milliseconds
 */
export function readQuickly(socket: Socket, idleMs: number, handlers: QuickHandlers): void {
  const ip = socket.remoteAddress ?? ''
  let current: QuickClient | undefined
  /** What came before the answer was whole. */
  let early: Buffer[] = []
  const events = { data, end, drain, error, close, timeout }
  for (const [name, listener] of Object.entries(events)) socket.on(name, listener)
  socket.setTimeout(idleMs)

  function data(bytes: Buffer): void {
    if (current) {
      early.push(bytes)
      socket.pause()
      return
    }
    const request = readQuick(bytes, ip)
    if (!request) return void leave(bytes)
    const client = new QuickClient(socket, request, request.keeps && handlers.mayKeep(socket), done)
    current = client
    if (handlers.take(request, client)) return
    current = undefined
    leave(bytes)
  }

  function done(keep: boolean): void {
    current = undefined
    if (!keep) socket.end()
    else if (early.length > 0) leave(Buffer.concat(early))
  }

  function leave(bytes: Buffer): void {
    early = []
    socket.setTimeout(0)
    for (const [name, listener] of Object.entries(events)) socket.off(name, listener)
    socket.unshift(bytes)
    handlers.handOver(socket)
    socket.resume()
  }

  // A client that says no more wants no more, as Node's own server takes it.
  function end(): void {
    socket.end()
  }
  function drain(): void {
    current?.drained()
  }
  function error(): void {
    socket.destroy()
  }
  function close(): void {
    const client = current
    current = undefined
    client?.gone()
  }
  function timeout(): void {
    if (!current) socket.destroy()
  }
}
