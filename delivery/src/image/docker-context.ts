import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import type { Image } from './build-image.ts'

/**
 * Lays an image out as the Dockerfile takes it: one uncompressed tar a layer, which `ADD` unpacks with its owners and
 * modes, and the labels as build arguments.
 * @param folder made anew
 */
export async function dockerContext(image: Image, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const names = ['debian', 'node', 'app'].slice(-image.layers.length)
  for (const [at, layer] of image.layers.entries())
    await pipeline(
      createReadStream(layer.path),
      createZstdDecompress(),
      createWriteStream(join(folder, `${names[at]}.tar`)),
    )
  const config = JSON.parse(await readFile(image.config.path, 'utf8'))
  const labels: Record<string, string> = config.config.Labels
  const argument = (label: string) => labels[`org.opencontainers.image.${label}`] ?? ''
  const lines = ['created', 'revision', 'version', 'source'].map(
    label => `${label.toUpperCase()}=${argument(label)}`,
  )
  await writeFile(join(folder, 'labels.env'), `${lines.join('\n')}\n`)
}
