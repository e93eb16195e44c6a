import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { pack } from 'tar-stream'
import type { MortalCloud } from './cloud.ts'

export const IMAGE = '124355672559.dkr.ecr.us-east-1.amazonaws.com/chaos:latest'

/** Says which release, process and port answered; on SIGTERM it answers what it has and ends. */
const PROGRAM = `
const { RELEASE, PORT, HOST } = process.env
const server = require('node:http').createServer((request, response) => {
  setTimeout(() => response.end(JSON.stringify({ release: Number(RELEASE), pid: process.pid, port: Number(PORT) })), request.url === '/slow' ? 150 : 0)
})
server.listen(Number(PORT), HOST)
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections() })
`

/** Pushes the image of the service by the registry's protocol. */
export async function pushImage(cloud: MortalCloud): Promise<void> {
  const ecr = new ECRClient({ region: 'us-east-1', endpoint: cloud.endpoint, credentials: cloud.key })
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'chaos' }))
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`
  const blob = async (content: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    await put(`blobs/uploads/?digest=${digest}`, 'POST', content, 'application/octet-stream')
    return { digest, size: content.length }
  }
  async function put(path: string, method: string, body: Buffer, type: string): Promise<void> {
    const answer = await fetch(`${cloud.endpoint}/v2/chaos/${path}`, {
      method,
      body: new Uint8Array(body),
      headers: { authorization, 'content-type': type },
    })
    if (answer.status !== 201) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  }

  const tar = pack()
  tar.entry({ name: 'usr/local/bin/node', mode: 0o755 }, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`)
  tar.entry({ name: 'app/server.js' }, PROGRAM)
  tar.finalize()
  const layer = await buffer(tar as never)
  const config = {
    os: 'linux',
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    config: {
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      WorkingDir: '/app',
      User: '1000:1000',
      Cmd: ['node', 'server.js'],
    },
    rootfs: {
      type: 'layers',
      diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`],
    },
  }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      ...(await blob(Buffer.from(JSON.stringify(config)))),
    },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...(await blob(gzipSync(layer))) }],
  }
  await put('manifests/latest', 'PUT', Buffer.from(JSON.stringify(manifest)), mediaType)
}
