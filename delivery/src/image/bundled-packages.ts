import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** An npm package of which something is in the image. */
export interface BundledPackage {
  name: string
  version: string
  /** SPDX expression, as its package.json says; absent where it says none. */
  licence?: string
  /** Subresource integrity of its archive, as package-lock.json has it: `sha512-<base64>`. */
  integrity?: string
}

/**
 * The packages that files came from, each once, by name and version.
 * @param files paths below `root`, or elsewhere where node_modules is a link
 */
export async function packagesOf(root: string, files: string[]): Promise<BundledPackage[]> {
  const lock = await lockOf(root)
  const folders = new Set(files.flatMap(file => packageFolder(file) ?? []))
  const packages = await Promise.all([...folders].map(folder => describePackage(root, folder, lock)))
  const once = new Map(packages.map(one => [`${one.name}@${one.version}`, one]))
  return [...once].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** One installed package. @param folder below the repository: `node_modules/fastify` */
export async function installedPackage(root: string, folder: string): Promise<BundledPackage> {
  return describePackage(root, folder, await lockOf(root))
}

type Lock = Record<string, { integrity?: string }>

async function lockOf(root: string): Promise<Lock> {
  const text = await readFile(join(root, 'package-lock.json'), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { packages?: Lock }).packages ?? {}
}

async function describePackage(root: string, folder: string, lock: Lock): Promise<BundledPackage> {
  const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
  const key = folder.slice(folder.indexOf('node_modules/'))
  const { name = key.split('node_modules/').at(-1), version = '0', license } = manifest
  return { name, version, licence: license?.type ?? license, integrity: lock[key]?.integrity }
}

/** `a/node_modules/@b/c/d.js` is of `a/node_modules/@b/c`; own sources are of none. */
function packageFolder(file: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
}
