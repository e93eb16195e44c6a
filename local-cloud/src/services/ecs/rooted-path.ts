import { lstat, mkdir, readlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** As many links as Linux follows before it says ELOOP. */
const MOST_LINKS = 40

/** The parts of a path inside an image. @throws when it climbs with `..` or holds a NUL */
export function partsOf(path: string): string[] {
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..') || path.includes('\0'))
    throw new Error(`path ${JSON.stringify(path)} escapes the root of the image`)
  return parts
}

/**
 * Where `path` lies below `root`, with every link on the way followed as if `root` were `/`, so that no link
 * of an image can lead outside. Missing folders on the way are made when `make` is set. The last part itself
 * is not followed.
 */
export async function within(root: string, path: string, make = false): Promise<string> {
  const todo = partsOf(path)
  const last = todo.pop()
  let done: string[] = []
  for (let links = 0; todo.length > 0; ) {
    const part = todo.shift() as string
    if (part === '..') {
      done.pop()
      continue
    }
    const here = join(root, ...done, part)
    const found = await lstat(here).catch(() => undefined)
    if (found?.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw new Error(`too many links at ${part}`)
      const target = await readlink(here)
      if (target.startsWith('/')) done = []
      todo.unshift(...target.split('/').filter(step => step !== '' && step !== '.'))
      continue
    }
    if (!found && make) await mkdir(here, { mode: 0o755 })
    done.push(part)
  }
  return join(root, ...done, ...(last === undefined ? [] : [last]))
}

/** The target of a link at `path`, rewritten relative and clamped to `root`, as a container would see it. */
export function rootedLink(path: string, target: string): string {
  const at = `/${partsOf(path).slice(0, -1).join('/')}`
  const absolute = join('/', target.startsWith('/') ? target : join(at, target))
  return relative(at, absolute) || '.'
}

/** Makes the folder that `file` is to be in. */
export const folderOf = (file: string) => mkdir(dirname(file), { recursive: true, mode: 0o755 })
