import { readFileSync } from 'node:fs'

/**
 * `make licences`: every package of both lock files has a licence that lets us ship it, or, for what never leaves a
 * developer's machine, one that lets us use it. Exit code 1 names what does not.
 */
interface LockFile {
  packages: Record<string, { license?: string; link?: boolean; dev?: boolean; version?: string }>
}

const SHIPPED = new Set([
  'Apache-2.0',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
])
/** Weak copyleft binds what changes or ships the package, and tools do neither. */
const TOOLS = new Set([
  ...SHIPPED,
  'MPL-2.0',
  'Python-2.0',
  'CC-BY-4.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'Artistic-2.0',
  'WTFPL',
])

let seen = 0
const refused: string[] = []
for (const [file, everythingIsTool] of [
  ['package-lock.json', false],
  ['ci-cd/tools/package-lock.json', true],
] as const) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as LockFile
  for (const [path, { license, link, dev, version }] of Object.entries(packages)) {
    if (!path.includes('node_modules/') || link) continue
    seen++
    const allowed = everythingIsTool || dev ? TOOLS : SHIPPED
    if (!choices(license).some(choice => allowed.has(choice)))
      refused.push(
        `${path.replace(/.*node_modules\//, '')}@${version}: ${license ?? 'no licence named'} (${file})`,
      )
  }
}
for (const line of refused) process.stdout.write(`✗ ${line}\n`)
process.stdout.write(`${seen - refused.length} of ${seen} packages have a licence that we may use\n`)
process.exitCode = refused.length > 0 ? 1 : 0

/** `(MIT OR GPL-3.0-or-later)` lets us choose; what is joined by AND binds as a whole and is no choice. */
function choices(expression = ''): string[] {
  return expression.replace(/^\(|\)$/g, '').split(' OR ')
}
