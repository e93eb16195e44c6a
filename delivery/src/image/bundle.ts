import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { ClarityError } from '../errors.ts'
import { type BundledPackage, packagesOf } from './bundled-packages.ts'
import type { Entry } from './layer.ts'

export interface BundleInput {
  repositoryRoot: string
  /** Output name to source file, relative to the repository: `{api: 'backend/src/api.ts'}` becomes `api.js`. */
  entryPoints: Record<string, string>
  /** Files of npm packages that are read at run time; they land in `assets/`. */
  assets: { package: string; files: readonly string[] }[]
}

/** CommonJS dependencies call `require` for Node's own modules; a bundle of ES modules has none of its own. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/**
 * Importing a module of Node's into an ES module makes Node read each of its exports, and so load what stands behind
 * them: all of undici for `WebSocket` of `node:http`, Web Crypto for `node:crypto`. 80 of the 400 ms of processor time in
 * which the API starts. Asked for as an object, an export is read only where it is used.
 */
const BUILTINS_WITHOUT_FACADE: Plugin = {
  name: 'builtins-without-facade',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path: path.replace(/^(node:)?/, 'node:'), namespace: 'builtin' }
        : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
      loader: 'js',
    }))
  },
}

export interface Bundle {
  /** Layer entries below `app/`. */
  entries: Entry[]
  /** The npm packages of which something is among them. */
  packages: BundledPackage[]
}

/**
 * Bundles the entry points and everything they import into ES modules for Node 26.
 * Names are kept and nothing is minified: a stack trace in production says what the source says.
 * @throws ClarityError when a source is missing or does not compile
 */
export async function bundle(input: BundleInput): Promise<Bundle> {
  const { repositoryRoot, entryPoints } = input
  for (const source of Object.values(entryPoints))
    if (!existsSync(join(repositoryRoot, source)))
      throw new ClarityError(
        'entry_point_missing',
        `the entry point '${source}' does not exist below ${repositoryRoot}`,
        'run the command in a complete checkout',
      )
  const { build } = await import('esbuild')
  const outdir = join(repositoryRoot, '.bundle')
  const result = await build({
    absWorkingDir: repositoryRoot,
    entryPoints,
    outdir,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node26',
    plugins: [BUILTINS_WITHOUT_FACADE],
    legalComments: 'external',
    banner: { js: BANNER },
    charset: 'utf8',
    logLevel: 'silent',
  }).catch(cause => {
    const errors: { text: string; location?: { file: string; line: number } }[] = cause.errors ?? []
    throw new ClarityError(
      'bundle_failed',
      `the backend does not compile: ${errors[0]?.text ?? cause.message}`,
      'correct the source; tsc -p . shows the same errors',
      {
        cause,
        evidence: errors.map(({ text, location }) => `${location?.file}:${location?.line}: ${text}`),
      },
    )
  })
  const code = result.outputFiles
    .filter(file => file.contents.length > 0)
    .map(({ path, contents }) => ({ name: `app/${basename(path)}`, content: contents }))
  const marker = { name: 'app/package.json', content: Buffer.from('{"type":"module"}\n') }
  const used = Object.values(result.metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  )
  const assets = assetFiles(input)
  const read = assets.map(async path => ({
    name: `app/assets/${basename(path)}`,
    content: await readFile(path),
  }))
  const folder = assets.length > 0 ? [{ name: 'app/assets/' }] : []
  return {
    entries: [{ name: 'app/' }, marker, ...code, ...folder, ...(await Promise.all(read))],
    packages: await packagesOf(repositoryRoot, [
      ...used,
      ...assets.map(path => relative(repositoryRoot, path)),
    ]),
  }
}

function assetFiles({ repositoryRoot, assets }: BundleInput): string[] {
  if (assets.length === 0) return []
  const require = createRequire(pathToFileURL(join(repositoryRoot, 'backend', 'package.json')))
  return assets.flatMap(({ package: name, files }) => {
    const folder = dirname(require.resolve(`${name}/package.json`))
    return files.map(file => join(folder, file))
  })
}
