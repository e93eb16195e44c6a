import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Who may import whom, of our own; the table of CONTRIBUTING.md. */
const MAY_IMPORT: Record<string, string[]> = {
  backend: [],
  environments: [],
  infra: ['environments'],
  suites: [],
  'local-cloud': [],
  delivery: ['environments', 'suites', 'infra'],
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
const house = files.filter(file => (file.split('/')[0] as string) in MAY_IMPORT)

/** What a file imports, as paths from the root for relative ones and as written for packages. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...found].map(([, name = '']) =>
    name.startsWith('.') ? normalize(join(dirname(file), name)) : name,
  )
}

test('folders import only what the house allows', () => {
  const broken = house.flatMap(file => {
    const own = file.split('/')[0] as string
    // tests of the registry client push to the local cloud's real registry
    const allowed =
      file.endsWith('.test.ts') && own === 'delivery'
        ? [...(MAY_IMPORT[own] ?? []), 'local-cloud']
        : MAY_IMPORT[own]
    return importsOf(file)
      .map(name =>
        name.startsWith('@clarity/')
          ? (name.split('/')[1] as string)
          : name.includes('/')
            ? name.split('/')[0]
            : name,
      )
      .filter(to => to !== undefined && to in MAY_IMPORT && to !== own && !allowed?.includes(to))
      .map(to => `${file} imports ${to}`)
  })
  expect(broken).toEqual([])
})

test('the pure parts stay pure: no SDK client, no I/O', () => {
  const pure = house.filter(
    file => /^(delivery\/src\/release|backend\/src\/domain)\//.test(file) && !file.endsWith('.test.ts'),
  )
  const impure = pure.flatMap(file => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return [
      ...text.matchAll(/^import (?!type)[^\n]*'((?:node:(?!crypto|zlib|buffer)|@aws-sdk)[^']*)'/gm),
    ].map(m => `${file} imports ${m[1]}`)
  })
  expect(impure).toEqual([])
})

test('no file names a machine, and none is left unfinished', () => {
  const marks = files
    .filter(file => file !== 'test/house.test.ts')
    .filter(file => /\b(?:TODO|FIXME)\b|['"`(]\/(?:work|root)\//.test(readFileSync(join(ROOT, file), 'utf8')))
  expect(marks).toEqual([])
})
