import { execFile } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The npm scope of the repository's own workspaces. */
const WORKSPACES = '@clarity'

/**
 * Tracked and new files as one commit, with the installed dependencies linked and its own workspaces among them: what
 * a test changes in the checkout, its environments too, is what its laptop runs.
 */
export async function copyCheckout(to: string): Promise<void> {
  const git = (...args: string[]) => run('git', args, { cwd: to })
  const listed = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    maxBuffer: 1e8,
  })
  await mkdir(to, { recursive: true })
  for (const file of listed.stdout.trim().split('\n'))
    await cp(join(ROOT, file), join(to, file)).catch(() => {})
  await linkDependencies(to)
  await git('init', '-q', '--template=')
  // a linked file is what it was, whenever it was linked
  await git('config', 'core.trustctime', 'false')
  await git('add', '-A')
  await git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'a checkout')
  await git('repack', '-adq')
}

/**
 * The same checkout once more, sharing every file with it: in the one or the other a file is replaced, never written to
 * (`changeFile` does so). In a hundredth of the time of a copy.
 * @param leaveOut names in its root that stay behind
 */
export async function linkCheckout(from: string, to: string, leaveOut: string[]): Promise<void> {
  await mkdir(to)
  const linkAll = (below: string) => {
    for (const entry of readdirSync(join(from, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      if (entry.name === 'node_modules' || leaveOut.includes(path)) continue
      const [source, target] = [join(from, path), join(to, path)]
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
      else if (entry.isFile()) linkSync(source, target)
      else {
        mkdirSync(target)
        linkAll(path)
      }
    }
  }
  linkAll('')
  await linkDependencies(to)
}

async function linkDependencies(to: string): Promise<void> {
  const [installed, linked] = [join(ROOT, 'node_modules'), join(to, 'node_modules')]
  const link = async (name: string, target: string) => symlink(target, join(linked, name))
  await mkdir(join(linked, WORKSPACES), { recursive: true })
  // of what is compiled from a laptop's checkout nothing stays when it is gone
  for (const name of await readdir(installed))
    if (name !== WORKSPACES && name !== '.cache') await link(name, join(installed, name))
  for (const name of await readdir(join(installed, WORKSPACES)))
    await link(join(WORKSPACES, name), join(to, name))
}
