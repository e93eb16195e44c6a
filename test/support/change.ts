import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laptop } from './laptop.ts'

/**
 * Changes one file of a laptop's checkout, which other checkouts may share.
 * @returns what puts it back
 * @throws when the edit finds nothing to change: the test would prove nothing
 */
export async function changeFile(
  { root }: Laptop,
  path: string,
  edit: (source: string) => string,
): Promise<() => Promise<void>> {
  const file = join(root, path)
  const before = await readFile(file, 'utf8')
  const after = edit(before)
  if (after === before) throw new Error(`${path} has not what is to be changed in it: adapt the test`)
  await replaceFile(file, after)
  return () => replaceFile(file, before)
}

/** Gives a file another content; what else has a link to it keeps the old one. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, content)
  await rename(`${file}.new`, file)
}

/** Makes the checkout a release of its own: one more file under backend/, with a number. */
export function makeRelease({ root }: Laptop, number: number): Promise<void> {
  return writeFile(join(root, 'backend/src/round.ts'), `export const ROUND = ${number}\n`)
}
