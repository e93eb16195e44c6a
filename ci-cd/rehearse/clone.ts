import { execFileSync } from 'node:child_process'

/** Clones what is committed in a checkout. @returns how many of its files differ from that, and so are left out */
export function cloneOf(root: string, to: string): number {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, to])
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trim()
  return changed === '' ? 0 : changed.split('\n').length
}

/** Commits in a clone that nobody else sees. */
export function commitAs(folder: string, ...args: string[]): void {
  const who = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost']
  execFileSync('git', [...who, 'commit', ...args], { cwd: folder })
}
