import { createHash } from 'node:crypto'

/** Media types of the OCI image specification 1.1: https://github.com/opencontainers/image-spec */
export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const

/** The label by which an image names its base; of `scratch` it brings no C library. */
export const BASE_LABEL = 'org.opencontainers.image.base.name'

/** What a manifest says of a blob. */
export interface Descriptor {
  mediaType: string
  /** `sha256:<64 hex>` */
  digest: string
  /** Bytes. */
  size: number
}

/** A layer on disk; `diffId` is the digest of the tar before compression, which the configuration lists. */
export interface Layer extends Descriptor {
  diffId: string
  path: string
}

/** `linux/…` runs on ECS; `darwin/…` only as processes of a local cloud on a Mac. */
export type Platform = 'linux/amd64' | 'linux/arm64' | 'darwin/amd64' | 'darwin/arm64'

export interface ConfigInput {
  platform: Platform
  layers: Layer[]
  /** ISO 8601. */
  created: string
  labels: Record<string, string>
}

/** The image configuration: the same text for the same input. */
export function imageConfig({ platform, layers, created, labels }: ConfigInput): string {
  const [os, architecture] = platform.split('/')
  return JSON.stringify({
    created,
    architecture,
    os,
    config: {
      User: '1000:1000',
      ExposedPorts: { '8000/tcp': {} },
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production'],
      Cmd: ['node', 'api.js'],
      WorkingDir: '/app',
      Labels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.diffId) },
    history: layers.map((_, at) => ({
      created,
      created_by: at === layers.length - 1 ? 'clarity build: the application' : 'clarity build: the base',
    })),
  })
}

/** The image manifest: the same text for the same input. */
export function imageManifest(config: Descriptor, layers: Descriptor[]): string {
  const plain = ({ mediaType, digest, size }: Descriptor) => ({ mediaType, digest, size })
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: plain(config),
    layers: layers.map(plain),
  })
}

/** `sha256:<hex>` of a text or of bytes. */
export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
