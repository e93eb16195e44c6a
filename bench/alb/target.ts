import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the load balancer bench calls: a server that answers a kilobyte at once. It tells its parent its port. */
const body = Buffer.from('x'.repeat(1024))
const server = createServer((request, response) => {
  request.resume()
  response.setHeader('content-length', body.length)
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
