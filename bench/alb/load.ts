import { connect } from 'node:net'

/** What the load generator is told: a port of 127.0.0.1, how many connections are kept, and for how long. */
export interface LoadOrder {
  port: number
  connections: number
  milliseconds: number
}

/** What it found. Times are milliseconds. */
export interface LoadResult {
  requests: number
  perSecond: number
  median: number
  p99: number
  /** Answers other than 200, and connections that broke. */
  failures: number
}

const REQUEST = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n'

/** Sends requests over kept connections, one at a time on each, and measures every one. */
export async function load({ port, connections, milliseconds }: LoadOrder): Promise<LoadResult> {
  const times: number[] = []
  let failures = 0
  const begun = performance.now()
  const end = begun + milliseconds
  const lane = () =>
    new Promise<void>(resolve => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let sentAt = 0
      let got: Buffer = Buffer.alloc(0)
      const send = () => {
        sentAt = performance.now()
        socket.write(REQUEST)
      }
      socket.on('connect', send)
      socket.on('data', (chunk: Buffer) => {
        got = got.length === 0 ? chunk : Buffer.concat([got, chunk])
        const head = got.indexOf('\r\n\r\n')
        if (head < 0) return
        const text = got.toString('latin1', 0, head)
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
        if (got.length < head + 4 + length) return
        times.push(performance.now() - sentAt)
        if (!text.startsWith('HTTP/1.1 200')) failures++
        got = got.subarray(head + 4 + length)
        if (performance.now() < end) send()
        else socket.end()
      })
      socket.on('error', () => failures++)
      socket.on('close', () => resolve())
    })
  await Promise.all(Array.from({ length: connections }, lane))
  const seconds = (performance.now() - begun) / 1000
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  return {
    requests: times.length,
    perSecond: times.length / seconds,
    median: at(0.5),
    p99: at(0.99),
    failures,
  }
}

process.on('message', (order: LoadOrder) => {
  void load(order).then(result => process.send?.(result))
})
