import { link, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { within } from './rooted-path.ts'
import type { Whiteouts } from './unpack-layer.ts'

export interface UnpackedLayer {
  /** The folder that holds the layer's files. */
  tree: string
  whiteouts: Whiteouts
}

/** Lays the layers over each other in `root`, lowest first; files are hard links to the layers' own. */
export async function assembleRootfs(layers: UnpackedLayer[], root: string): Promise<void> {
  await mkdir(root, { recursive: true })
  for (const { tree, whiteouts } of layers) {
    for (const folder of whiteouts.opaque) {
      const path = await within(root, folder)
      const inside = await readdir(path).catch(() => [])
      for (const name of inside) await rm(join(path, name), { recursive: true, force: true })
    }
    for (const path of whiteouts.removed) await rm(await within(root, path), { recursive: true, force: true })
    await overlay(tree, root, '')
  }
}

async function overlay(tree: string, root: string, path: string): Promise<void> {
  for (const entry of await readdir(join(tree, path), { withFileTypes: true })) {
    const inner = path ? `${path}/${entry.name}` : entry.name
    const from = join(tree, inner)
    const to = await within(root, inner, true)
    const there = await lstat(to).catch(() => undefined)
    if (entry.isDirectory()) {
      // A folder over a link to a folder keeps the link, as overlay file systems do for `/bin -> usr/bin`.
      if (there && !there.isDirectory() && !there.isSymbolicLink()) await rm(to)
      if (!there?.isDirectory() && !there?.isSymbolicLink())
        await mkdir(to, { mode: (await lstat(from)).mode & 0o777 })
      await overlay(tree, root, inner)
      continue
    }
    if (there) await rm(to, { recursive: true, force: true })
    if (entry.isSymbolicLink()) await symlink(await readlink(from), to)
    else await link(from, to)
  }
}
