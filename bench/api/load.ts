import { connect } from 'node:net'

/** One request: what is written to the socket, whole. Requests of a list are sent in turn. */
export interface LoadOrder {
  port: number
  requests: string[]
  connections: number
  milliseconds: number
  /** Requests a second, at even distances; as many as are answered where it is absent. */
  rate?: number
}

/** What came of it. Times are milliseconds; with a rate they count from when a request was due. */
export interface LoadResult {
  perSecond: number
  p50: number
  p99: number
  answers: number
  /** Answers of another class than 2xx, and connections that broke. */
  failures: number
}

/** A connection that has at most one request under way. */
interface Lane {
  send(request: string, due: number): void
}

async function load({ port, requests, connections, milliseconds, rate }: LoadOrder): Promise<LoadResult> {
  const times: number[] = []
  let failures = 0
  let next = 0
  const idle: Lane[] = []
  const due: number[] = []
  const take = (): string => requests[next++ % requests.length] as string
  const begun = performance.now()
  const end = begun + milliseconds
  let open = connections
  const { promise: done, resolve } = Promise.withResolvers<void>()

  const lane = (): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let since = 0
    let got: Buffer = Buffer.alloc(0)
    let length = -1
    const own: Lane = {
      send: (request, at) => {
        since = at
        socket.write(request)
      },
    }
    const free = (): void => {
      if (performance.now() >= end) return void socket.end()
      const at = rate === undefined ? performance.now() : due.shift()
      if (at === undefined) idle.push(own)
      else own.send(take(), at)
    }
    socket.on('connect', free)
    socket.on('data', (chunk: Buffer) => {
      got = got.length === 0 ? chunk : Buffer.concat([got, chunk])
      if (length < 0) {
        const head = got.indexOf('\r\n\r\n')
        if (head < 0) return
        const text = got.toString('latin1', 0, head)
        length = head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (!text.startsWith('HTTP/1.1 2')) failures++
      }
      if (got.length < length) return
      times.push(performance.now() - since)
      got = got.subarray(length)
      length = -1
      free()
    })
    socket.on('error', () => failures++)
    socket.on('close', () => --open === 0 && resolve())
  }
  for (let i = 0; i < connections; i++) lane()
  if (rate !== undefined) {
    let sent = 0
    const timer = setInterval(() => {
      const now = performance.now()
      for (; begun + (sent * 1000) / rate <= Math.min(now, end); sent++) {
        const at = begun + (sent * 1000) / rate
        const free = idle.shift()
        if (free) free.send(take(), at)
        else due.push(at)
      }
      if (now < end) return
      clearInterval(timer)
      for (const each of idle.splice(0)) each.send(take(), now)
    }, 1)
  }
  await done
  const seconds = (performance.now() - begun) / 1000
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return { answers: times.length, perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), failures }
}

process.on('message', (order: LoadOrder) => {
  void load(order).then(result => process.send?.(result))
})
