import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What an image is made of, and therefore named after; paths in the repository. */
const SOURCES = ['backend', 'package-lock.json']

/** The state of the sources, as git or, without it, as their content tells. */
export interface SourceState {
  /** `<12 hex>`, `<12 hex>-dirty-<8 hex>` where files differ from the commit, or `nogit-<12 hex>`. */
  tag: string
  /** The whole commit id; absent without git or without commits. */
  commit?: string
  /** When the commit was made, in seconds since the epoch; 0 without one. */
  committedAt: number
  /** The first remote's URL without credentials; absent without one. */
  source?: string
}

/** The tag for an image of this checkout: the same content has the same tag. */
export async function imageTag(repositoryRoot: string): Promise<string> {
  return (await sourceState(repositoryRoot)).tag
}

/** Looks at the checkout. Files that git ignores are no part of it. */
export async function sourceState(repositoryRoot: string): Promise<SourceState> {
  const git = async (...args: string[]) =>
    (await run('git', ['-C', repositoryRoot, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout
  const head = await git('log', '-1', '--format=%H %ct').catch(() => undefined)
  const [commit, seconds] = head?.trim().split(' ') ?? []
  if (!commit)
    return {
      tag: `nogit-${(await hashOf(repositoryRoot, await everything(repositoryRoot))).slice(0, 12)}`,
      committedAt: 0,
    }
  const status = await git('status', '--porcelain', '-z', '-uall', '--no-renames', '--', ...SOURCES)
  const changed = status
    .split('\0')
    .filter(Boolean)
    .map(line => line.slice(3))
  const short = commit.slice(0, 12)
  const dirty = changed.length > 0 && (await hashOf(repositoryRoot, changed)).slice(0, 8)
  const remote = await git('config', '--get', 'remote.origin.url').catch(() => '')
  return {
    tag: dirty ? `${short}-dirty-${dirty}` : short,
    commit,
    committedAt: Number(seconds),
    source: remote.trim().replace(/^(\w+:\/\/)[^/@]*@/, '$1') || undefined,
  }
}

async function everything(root: string): Promise<string[]> {
  const found = await readdir(join(root, 'backend'), { recursive: true, withFileTypes: true }).catch(() => [])
  const files = found
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(path => !path.split('/').includes('node_modules'))
  return [...files, 'package-lock.json']
}

/** Hex SHA-256 over names and contents; a file that is gone counts as gone. */
async function hashOf(root: string, paths: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths.toSorted()) {
    const content = await readFile(join(root, path)).catch(() => undefined)
    hash.update(`${path}\0${content?.length ?? 'gone'}\0`)
    if (content) hash.update(content)
  }
  return hash.digest('hex')
}
