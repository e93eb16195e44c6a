import Fastify from 'fastify'

/** A Fastify route and nothing else, which returns the bytes that the process is told. */
let body = Buffer.alloc(0)
const app = Fastify({ logger: false })
app.get('/bench', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(body)
})
await app.listen({ port: 0, host: '127.0.0.1' })
const address = app.server.address()
process.on('message', (text: string) => {
  body = Buffer.from(text, 'base64')
  process.send?.('set')
})
process.send?.(typeof address === 'object' ? address?.port : undefined)
