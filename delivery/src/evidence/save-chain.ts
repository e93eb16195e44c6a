import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { StoredLink } from './verify-chain.ts'

/**
 * Writes the evidence as it is stored, one file a link, into `<folder>/<environment>/`: the bytes that the chain's
 * hashes are of. What is there under the same name is replaced.
 * @returns how many files were written
 */
export async function saveChain(links: StoredLink[], environment: string, folder: string): Promise<number> {
  const target = join(folder, environment)
  await mkdir(target, { recursive: true })
  const readable = links.filter(({ text }) => text !== undefined)
  await Promise.all(readable.map(({ key, text = '' }) => writeFile(join(target, basename(key)), text)))
  return readable.length
}
