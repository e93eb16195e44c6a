import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unxz } from '../../delivery/src/image/deb.ts'
import { DEBIAN_MIRROR, makeDebianLayer } from '../../delivery/src/image/debian-layer.ts'
import type { DebianBase, DebianPackage } from '../../delivery/src/image/debian-packages.ts'
import { openLayout } from '../../delivery/src/image/layout.ts'

/**
 * `node ci-cd/docker/pin-base.ts`: pins the newest packages of the base that Debian has, security updates among them,
 * and the digest of the layer that they make. Run it when a scan of the image says so, and review the difference.
 */
const RELEASE = '13'
const CODENAME = 'trixie'
/** What `ldd` says of Node's binary, what holds their licences, certificates, and the name of the system. */
const PACKAGES: Record<string, string> = {
  'base-files': 'GPL-2.0-or-later',
  'ca-certificates': 'MPL-2.0',
  'gcc-14-base': 'GPL-3.0-or-later',
  libatomic1: 'GPL-3.0-or-later WITH GCC-exception-3.1',
  libc6: 'LGPL-2.1-or-later',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
}
const ARCHITECTURES = ['amd64', 'arm64']
const FILE = fileURLToPath(new URL('../../delivery/src/image/debian-packages.json', import.meta.url))

const mirror = process.env.CLARITY_DEBIAN_MIRROR ?? DEBIAN_MIRROR
/** Archive and suite: the release, what comes between its point releases, and security updates. */
const SUITES = [
  ['debian', CODENAME],
  ['debian', `${CODENAME}-updates`],
  ['debian-security', `${CODENAME}-security`],
] as const

type Found = { version: string; path: string; size: number; sha256: string }

async function index(archive: string, suite: string, architecture: string): Promise<Map<string, Found>> {
  const answer = await fetch(`${mirror}/${archive}/dists/${suite}/main/binary-${architecture}/Packages.xz`)
  if (!answer.ok) throw new Error(`${answer.url}: HTTP ${answer.status}`)
  const text = (await unxz(Buffer.from(await answer.arrayBuffer()))).toString('utf8')
  const found = new Map<string, Found>()
  for (const paragraph of text.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1] ?? ''
    const name = field('Package')
    if (!(name in PACKAGES)) continue
    found.set(name, {
      version: field('Version'),
      path: `${archive}/${field('Filename')}`,
      size: Number(field('Size')),
      sha256: field('SHA256'),
    })
  }
  return found
}

/** Which of two versions is newer, as dpkg compares them: https://manpages.debian.org/trixie/dpkg-dev/deb-version.7.en.html */
function compareVersions(a: string, b: string): number {
  const parts = (version: string) => version.match(/\d+|[^\d]/g) ?? []
  // ~ sorts before the end, the end before letters, letters before all else
  const rank = (part: string | undefined) =>
    part === '~'
      ? -1
      : part === undefined
        ? 0
        : /[a-z]/i.test(part)
          ? part.charCodeAt(0)
          : part.charCodeAt(0) + 256
  const [left, right] = [parts(a), parts(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at], right[at]]
    const numbers = /^\d*$/.test(one ?? '') && /^\d*$/.test(other ?? '')
    const difference = numbers ? Number(one ?? 0) - Number(other ?? 0) : rank(one) - rank(other)
    if (difference !== 0) return difference
  }
  return 0
}

async function pin(): Promise<DebianBase> {
  const newest = new Map<string, Map<string, Found>>()
  for (const architecture of ARCHITECTURES) {
    const all = await Promise.all(SUITES.map(([archive, suite]) => index(archive, suite, architecture)))
    const best = new Map<string, Found>()
    for (const [name, found] of all.flatMap(one => [...one]))
      if (compareVersions(found.version, best.get(name)?.version ?? '') > 0) best.set(name, found)
    newest.set(architecture, best)
  }
  const packages = Object.entries(PACKAGES).map(([name, licence]): DebianPackage => {
    const files = ARCHITECTURES.map(architecture => {
      const found = newest.get(architecture)?.get(name)
      if (!found) throw new Error(`${name} is not in ${CODENAME} for ${architecture}`)
      return [architecture, found] as const
    })
    const versions = new Set(files.map(([, { version }]) => version))
    if (versions.size > 1) throw new Error(`${name} has several versions: ${[...versions].join(', ')}`)
    return {
      name,
      version: [...versions][0] ?? '',
      licence,
      files: Object.fromEntries(
        files.map(([architecture, { path, size, sha256 }]) => [architecture, { path, size, sha256 }]),
      ),
    }
  })
  const snapshot = `${new Date().toISOString().slice(0, 10).replaceAll('-', '')}T000000Z`
  return { release: RELEASE, codename: CODENAME, snapshot, packages, layers: {} }
}

const base = await pin()
const folder = await mkdtemp(join(tmpdir(), 'pin-base-'))
try {
  const layout = await openLayout(folder)
  for (const architecture of ARCHITECTURES) {
    const { digest, size, diffId } = await makeDebianLayer(layout, { architecture, mirror, base })
    base.layers[architecture] = { digest, size, diffId }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
await writeFile(FILE, `${JSON.stringify(base, null, 2)}\n`)
const lines = base.packages.map(({ name, version }) => `${name} ${version}`)
process.stdout.write(`${lines.join('\n')}\n${JSON.stringify(base.layers)}\n`)
