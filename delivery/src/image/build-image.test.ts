import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, truncate, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BACKEND_ASSETS, buildImage, type Image } from './build-image.ts'
import { digestOf, type Layer } from './oci.ts'
import { CHECKOUT_BUILD, makeCheckout, writeFiles } from './test-checkout.ts'

let folders: string[]
let first: Image
beforeAll(async () => {
  folders = [await makeCheckout(), await makeCheckout(), await mkdtemp(join(tmpdir(), 'image-'))]
  first = await build(0)
})
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))

test('builds the same image of the same commit, wherever and whenever', async () => {
  const elsewhere = folders[1] as string
  await utimes(join(elsewhere, 'backend/src/api.ts'), 1, 1)
  await chmod(join(elsewhere, 'backend/src/shared.ts'), 0o600)
  const second = await build(1)
  expect(second.manifestDigest).toBe(first.manifestDigest)
  expect(second.tag).toBe(first.tag)
  expect(digestOf(await readFile(first.config.path))).toBe(first.configDigest)
  for (const layer of first.layers) expect(digestOf(await readFile(layer.path))).toBe(layer.digest)
})

test('has the configuration that ECS and the local cloud run it by', async () => {
  const config = JSON.parse(await readFile(first.config.path, 'utf8'))
  expect(config).toMatchObject({
    os: 'linux',
    architecture: 'amd64',
    created: '2026-11-24T10:00:00.000Z',
    config: {
      User: '1000:1000',
      WorkingDir: '/app',
      Cmd: ['node', 'api.js'],
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NODE_ENV=production'],
      ExposedPorts: { '8000/tcp': {} },
      Labels: { 'org.opencontainers.image.version': first.tag },
    },
    rootfs: { diff_ids: first.layers.map(layer => layer.diffId) },
  })
})

test('has layers whose files run, with fixed owners, modes and times', async () => {
  const [base, app] = await Promise.all(first.layers.map(unpack))
  expect(base?.get('usr/local/bin/node')?.header).toMatchObject({ mode: 0o755, uid: 0, mtime: new Date(0) })
  expect(base?.get('tmp/')?.header.mode).toBe(0o1777)
  expect(app?.get('app/assets/page.css')?.content).toBe('body {}')
  for (const { header } of app?.values() ?? []) expect(header).toMatchObject({ uid: 1000, gid: 1000 })
  const legal = [...(app ?? [])]
    .filter(([name]) => name.endsWith('.LEGAL.txt'))
    .map(([, file]) => file.content)
  expect(legal.join()).toContain('common, MIT')

  const run = await mkdtemp(join(tmpdir(), 'run-'))
  folders.push(run)
  const files = [...(app ?? [])].filter(([name]) => !name.endsWith('/'))
  await writeFiles(run, Object.fromEntries(files.map(([name, { content }]) => [name, content])))
  const output = (file: string) =>
    execFileSync(process.execPath, [file], { cwd: join(run, 'app') }).toString()
  expect(output('api.js')).toBe('hello api /a\n')
  expect(output('worker.js')).toBe('hello worker\n')
})

test('packs the base once, and again when its copy is damaged', async () => {
  const lines: string[] = []
  await build(0, line => lines.push(line))
  expect(lines[0]).toContain('kept from before')
  await truncate(first.layers[0]?.path as string, 10)
  const mended = await build(0, line => lines.push(line))
  expect(lines[3]).toContain('packed')
  expect(mended.manifestDigest).toBe(first.manifestDigest)
})

test('says what is missing', async () => {
  await expect(build(0, undefined, { api: 'backend/src/nothing.ts' })).rejects.toMatchObject({
    code: 'entry_point_missing',
  })
  await writeFiles(folders[1] as string, { 'backend/src/api.ts': 'const = 1' })
  await expect(build(1)).rejects.toMatchObject({
    code: 'bundle_failed',
    evidence: [expect.stringMatching(/^backend\/src\/api.ts:1: /)],
  })
  const options = { repositoryRoot: folders[0] as string, outputFolder: folders[2] as string }
  await expect(buildImage({ ...options, platform: 'linux/arm64', base: 'thin' })).rejects.toMatchObject({
    code: 'node_binary_missing',
  })
})

test('carries the very files that the reference page of the backend asks for', async () => {
  const source = new URL('../../../backend/src/api/reference/assets.ts', import.meta.url)
  const list = /REFERENCE_ASSETS = \[([^\]]*)\]/.exec(await readFile(source, 'utf8'))?.[1]
  const names = [...(list ?? '').matchAll(/'([^']+)'/g)].map(match => match[1])
  expect(names).toEqual(BACKEND_ASSETS[0]?.files)
})

function build(
  at: number,
  onProgress?: (line: string) => void,
  entryPoints?: Record<string, string>,
): Promise<Image> {
  const repositoryRoot = folders[at] as string
  const outputFolder = join(folders[2] as string, String(at))
  return buildImage({ ...CHECKOUT_BUILD, repositoryRoot, outputFolder, onProgress, entryPoints })
}

async function unpack(layer: Layer): Promise<Map<string, { header: Header; content: string }>> {
  const tar = zstdDecompressSync(await readFile(layer.path))
  expect(digestOf(tar)).toBe(layer.diffId)
  const files = new Map<string, { header: Header; content: string }>()
  const reader = extract()
  reader.end(tar)
  for await (const entry of reader) {
    let content = ''
    for await (const chunk of entry) content += chunk
    files.set(entry.header.name, { header: entry.header, content })
  }
  return files
}
