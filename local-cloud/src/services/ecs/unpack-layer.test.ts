import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { afterThisTest, sha256 } from './fixture.ts'
import { assembleRootfs } from './rootfs.ts'
import { unpackLayer } from './unpack-layer.ts'

type Entry = Partial<Header> & { name: string; content?: string }

async function tarOf(entries: Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content = '', ...header } of entries) tar.entry(header, content)
  tar.finalize()
  return buffer(tar as never)
}

/** Unpacks layers one after another and lays them over each other. */
async function rootfsOf(...layers: (Entry[] | Buffer)[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'layers-'))
  afterThisTest(() => rm(home, { recursive: true, force: true }))
  const unpacked = []
  for (const [index, layer] of layers.entries()) {
    const blob = join(home, `blob-${index}`)
    await writeFile(blob, Buffer.isBuffer(layer) ? layer : await tarOf(layer))
    const tree = join(home, `tree-${index}`)
    await mkdir(tree)
    unpacked.push({ tree, whiteouts: (await unpackLayer(blob, tree)).whiteouts })
  }
  await assembleRootfs(unpacked, join(home, 'rootfs'))
  return join(home, 'rootfs')
}

const read = (root: string, path: string) => readFile(join(root, path), 'utf8')
const absent = (root: string, path: string) =>
  lstat(join(root, path)).then(
    () => false,
    () => true,
  )

test.each([
  ['plain', (tar: Buffer) => tar],
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('unpacks a %s tar, and tells the digest of the tar', async (_, compress) => {
  const tar = await tarOf([{ name: 'bin/run', mode: 0o755, content: '#!' }])
  const root = await rootfsOf(compress(tar))
  expect((await stat(join(root, 'bin/run'))).mode & 0o777).toBe(0o555)
  const blob = join(root, '..', 'blob-0')
  expect((await unpackLayer(blob, join(root, '..', 'tree-0'))).diffId).toBe(sha256(tar))
})

test('upper layers replace, remove and hide what is below', async () => {
  const root = await rootfsOf(
    [
      { name: 'a/keep', content: '1' },
      { name: 'a/gone', content: '1' },
      { name: 'b/hidden', content: '1' },
      { name: 'c', content: 'file' },
    ],
    [
      { name: 'a/.wh.gone' },
      { name: 'a/keep', content: '2' },
      { name: 'b/.wh..wh..opq' },
      { name: 'b/new', content: '2' },
      { name: 'c/now', content: 'a folder' },
    ],
  )
  expect(await read(root, 'a/keep')).toBe('2')
  expect(await absent(root, 'a/gone')).toBe(true)
  expect(await absent(root, 'b/hidden')).toBe(true)
  expect(await read(root, 'b/new')).toBe('2')
  expect(await read(root, 'c/now')).toBe('a folder')
})

test('links lead inside the image, whatever they say', async () => {
  const root = await rootfsOf(
    [
      { name: 'usr/bin/tool', content: 'tool' },
      { name: 'bin', type: 'symlink', linkname: '/usr/bin' },
      { name: 'up', type: 'symlink', linkname: '../../../../etc' },
      { name: 'twin', type: 'link', linkname: 'usr/bin/tool' },
    ],
    [{ name: 'bin/more', content: 'through the link' }],
  )
  expect(await readlink(join(root, 'bin'))).toBe('usr/bin')
  expect(await readlink(join(root, 'up'))).toBe('etc')
  expect(await read(root, 'usr/bin/more')).toBe('through the link')
  expect(await read(root, 'twin')).toBe('tool')
})

test.each([
  [[{ name: '../evil', content: 'x' }]],
  [[{ name: 'a/../../evil', content: 'x' }]],
  [[{ name: 'twin', type: 'link' as const, linkname: '../../etc/passwd' }]],
])('refuses %j, which escapes', async entries => {
  await expect(rootfsOf(entries)).rejects.toThrow('escapes the root of the image')
})

test('refuses what is no tar', async () => {
  await expect(rootfsOf(Buffer.alloc(2048, 'x'))).rejects.toThrow()
  const whole = gzipSync(await tarOf([{ name: 'a', content: 'x'.repeat(100_000) }]))
  await expect(rootfsOf(whole.subarray(0, whole.length / 2))).rejects.toThrow()
})
