import { createHash } from 'node:crypto'
import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'

/** Bytes and the digest that names them. */
export interface Blob {
  bytes: Buffer
  digest: string
}

/** A blob with the given content. */
export function blob(content: string | Buffer): Blob {
  const bytes = Buffer.from(content)
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

/** An OCI image manifest of these blobs. */
export function manifestOf(config: Blob, layers: Blob[]): string {
  const descriptor = (mediaType: string, { digest, bytes }: Blob) => ({
    mediaType: `application/vnd.oci.image.${mediaType}`,
    digest,
    size: bytes.length,
  })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('config.v1+json', config),
    layers: layers.map(layer => descriptor('layer.v1.tar', layer)),
  })
}

/** The `Authorization` header of a fresh token. */
export async function passwordOf(ecr: ECRClient): Promise<string> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
  return `Basic ${authorizationData?.[0]?.authorizationToken}`
}

/** Uploads a blob in one request. @throws when it is refused */
export async function upload(
  endpoint: string,
  name: string,
  authorization: string,
  { bytes, digest }: Blob,
): Promise<void> {
  const answer = await fetch(`${endpoint}/v2/${name}/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { authorization },
  })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
}
