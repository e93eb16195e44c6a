import { rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { imageTag } from './image-tag.ts'
import { makeCheckout, SOURCES, writeFiles } from './test-checkout.ts'

const roots: string[] = []
afterEach(() => Promise.all(roots.splice(0).map(root => rm(root, { recursive: true, force: true }))))

test('names a clean checkout after its commit', async () => {
  const root = await checkout()
  const tag = await imageTag(root)
  expect(tag).toMatch(/^[0-9a-f]{12}$/)
  await writeFiles(root, { 'docs/note.md': 'not in the image', 'backend/node_modules/x.js': 'ignored' })
  expect(await imageTag(root)).toBe(tag)
})

test('names changes by their content: tracked, untracked, deleted, and taken back', async () => {
  const root = await checkout()
  const clean = await imageTag(root)
  const seen = [clean]
  const change = async (files: Record<string, string>) => {
    await writeFiles(root, files)
    seen.push(await imageTag(root))
    return seen.at(-1)
  }
  const one = await change({ 'backend/src/api.ts': 'one' })
  expect(one).toMatch(new RegExp(`^${clean}-dirty-[0-9a-f]{8}$`))
  await change({ 'backend/src/api.ts': 'two' })
  await change({ 'backend/src/new file.ts': 'untracked' })
  await change({ 'package-lock.json': '{"changed":true}' })
  await unlink(join(root, 'backend/src/worker.ts'))
  seen.push(await imageTag(root))
  expect(new Set(seen).size).toBe(seen.length)
  await rm(join(root, 'backend/src/new file.ts'))
  expect(await change(SOURCES)).toBe(clean)
})

test('names a folder without git after what is in it', async () => {
  const root = await checkout({ git: false })
  const tag = await imageTag(root)
  expect(tag).toMatch(/^nogit-[0-9a-f]{12}$/)
  await writeFiles(root, { 'backend/src/api.ts': 'changed' })
  expect(await imageTag(root)).not.toBe(tag)
})

async function checkout(options?: { git: boolean }): Promise<string> {
  const root = await makeCheckout(options)
  roots.push(root)
  return root
}
