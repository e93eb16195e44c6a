import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laptop } from './laptop.ts'

/**
 * Changes one file of a laptop's checkout.
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
  await writeFile(file, after)
  return () => writeFile(file, before)
}

/** Makes the checkout a release of its own: one more file under backend/, with a number. */
export function makeRelease({ root }: Laptop, number: number): Promise<void> {
  return writeFile(join(root, 'backend/src/round.ts'), `export const ROUND = ${number}\n`)
}
