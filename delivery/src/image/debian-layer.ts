import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { ClarityError } from '../errors.ts'
import { type DebFile, readDeb } from './deb.ts'
import { DEBIAN_BASE, type DebianBase, type DebianFile, type DebianPackage } from './debian-packages.ts'
import { type Entry, writeLayer } from './layer.ts'
import type { Layout } from './layout.ts'
import { type Descriptor, type Layer, MEDIA_TYPES } from './oci.ts'

/** What has `debian/` and `debian-security/` below it. It need not be trusted: every file is pinned by SHA-256. */
export const DEBIAN_MIRROR = 'https://deb.debian.org'
/** Keeps every file that Debian ever served, by the moment; mirrors drop a package when the next comes. */
const ARCHIVE = 'https://snapshot.debian.org/archive'

export interface DebianLayerInput {
  /** Debian's name of the processor: `amd64`, `arm64`. */
  architecture: string
  /** What stands in for `https://deb.debian.org`. @default DEBIAN_MIRROR */
  mirror?: string
  /**
   * Fetches a blob by digest from a registry that may have it.
   * @returns whether it was there
   */
  pull?(blob: Descriptor, path: string): Promise<boolean>
  base?: DebianBase
}

/** Where a layer came from. */
export type Origin = 'kept from before' | 'pulled from the registry' | 'made from Debian packages'

/**
 * The layer of C libraries and certificates that the Node binary needs in an empty container, pinned by digest: kept
 * from before, pulled from a registry that has it, or made from the pinned Debian packages.
 * @throws ClarityError `mirror_unreachable`, `package_changed`, `base_changed`
 */
export async function debianLayer(
  layout: Layout,
  { architecture, mirror = DEBIAN_MIRROR, pull, base = DEBIAN_BASE }: DebianLayerInput,
): Promise<Layer & { origin: Origin }> {
  const pinned = base.layers[architecture]
  if (!pinned)
    throw new ClarityError(
      'platform_unsupported',
      `no base is pinned for linux/${architecture}`,
      `build for one of ${Object.keys(base.layers)
        .map(one => `linux/${one}`)
        .join(', ')}`,
    )
  const layer: Layer = { ...pinned, mediaType: MEDIA_TYPES.layer, path: layout.path(pinned.digest) }
  if (await layout.intact(layer)) return { ...layer, origin: 'kept from before' }
  if (pull) {
    const file = layout.temporary()
    if (await pull(layer, file)) {
      await layout.adopt(file, layer.digest)
      return { ...layer, origin: 'pulled from the registry' }
    }
    await rm(file, { force: true })
  }
  const made = await makeDebianLayer(layout, { architecture, mirror, base })
  if (made.digest !== pinned.digest)
    throw new ClarityError(
      'base_changed',
      `the base for linux/${architecture} came out as ${made.digest} and is pinned as ${pinned.digest}`,
      'build with the pinned Node (npm ci), or pin what is new: node ci-cd/docker/pin-base.ts',
    )
  return { ...made, origin: 'made from Debian packages' }
}

/** Makes the layer, whatever its digest. */
export async function makeDebianLayer(
  layout: Layout,
  { architecture, mirror, base }: { architecture: string; mirror: string; base: DebianBase },
): Promise<Layer> {
  const entries = new Map<string, Entry>()
  const add = (entry: Entry) => entries.set(entry.name, { owner: 0, ...entry })
  const certificates: DebFile[] = []
  for (const one of base.packages) {
    const file = one.files[architecture]
    if (!file) throw new Error(`${one.name} is not pinned for ${architecture}`)
    const { files, control } = await readDeb(await fetchDeb(layout, file, mirror, base.snapshot), one.name)
    // what scanners of images read where there is no dpkg
    add({ name: `var/lib/dpkg/status.d/${one.name}`, content: Buffer.from(control) })
    certificates.push(...files.filter(({ name }) => /^usr\/share\/ca-certificates\/.+\.crt$/.test(name)))
    for (const { name, content, link, mode } of files.filter(isNeeded))
      if (!name.endsWith('/')) add(link === undefined ? { name, content, mode } : { name, link })
  }
  const bundle = certificates.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ content }) => content)
  if (bundle.length > 0)
    add({ name: 'etc/ssl/certs/ca-certificates.crt', content: Buffer.concat(bundle as Buffer[]) })
  for (const entry of OWN) add(entry)
  for (const name of [...entries.keys()])
    for (const folder of foldersOf(name)) if (!entries.has(folder)) add({ name: folder })
  return writeLayer(layout, [...entries.values()])
}

/** What Debian's maintainer scripts would have written, for one user without a shell. */
const OWN: Entry[] = [
  { name: 'lib', link: 'usr/lib' },
  { name: 'lib64', link: 'usr/lib64' },
  { name: 'usr/lib64/', mode: 0o755 },
  {
    name: 'etc/passwd',
    content: Buffer.from(
      'root:x:0:0:root:/root:/usr/sbin/nologin\nclarity:x:1000:1000::/app:/usr/sbin/nologin\n',
    ),
  },
  { name: 'etc/group', content: Buffer.from('root:x:0:\nclarity:x:1000:\n') },
  { name: 'etc/nsswitch.conf', content: Buffer.from('passwd: files\ngroup: files\nhosts: files dns\n') },
]

/** Shared libraries, their licences, and what says which Debian it is; no programs, locales, manuals or converters. */
function isNeeded({ name }: DebFile): boolean {
  return (
    /^usr\/lib(64)?\/([^/]+-linux-gnu\/)?[^/]+\.so(\.[\d.]+)?$/.test(name) ||
    /^usr\/share\/doc\/[^/]+(\/copyright)?$/.test(name) ||
    /^usr\/share\/common-licenses\/./.test(name) ||
    ['usr/lib/os-release', 'etc/os-release', 'etc/debian_version'].includes(name)
  )
}

function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, name.endsWith('/') ? -2 : -1)
  return parts.map((_, at) => `${parts.slice(0, at + 1).join('/')}/`)
}

/** A package from the layout's cache, the mirror, or Debian's archive of everything that it ever served. */
async function fetchDeb(layout: Layout, file: DebianFile, mirror: string, snapshot: string): Promise<Buffer> {
  const kept = layout.path(`sha256:${file.sha256}`)
  const known = await readFile(kept).catch(() => undefined)
  if (known && sha256(known) === file.sha256) return known
  const failures: string[] = []
  const [archive, ...path] = file.path.split('/')
  const urls = [
    `${mirror.replace(/\/$/, '')}/${file.path}`,
    `${ARCHIVE}/${archive}/${snapshot}/${path.join('/')}`,
  ]
  for (const url of urls) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) })
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
      const content = Buffer.from(await answer.arrayBuffer())
      if (sha256(content) !== file.sha256) throw new Error(`SHA-256 ${sha256(content)}, not ${file.sha256}`)
      const temporary = layout.temporary()
      await writeFile(temporary, content)
      await layout.adopt(temporary, `sha256:${file.sha256}`)
      return content
    } catch (error) {
      const { message, cause } = error as Error
      failures.push(`${url}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
    }
  }
  throw new ClarityError(
    'mirror_unreachable',
    `no mirror served the pinned ${file.path.split('/').at(-1)}`,
    'name a mirror that this machine reaches: CLARITY_DEBIAN_MIRROR=https://…; or build where one is reached',
    { evidence: failures },
  )
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The package URL of a package, as scanners compare it with advisories. */
export function debianPurl({ name, version }: DebianPackage, architecture: string, base: DebianBase): string {
  return `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${base.release}`
}
