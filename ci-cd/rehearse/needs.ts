import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a target may need beside Node, in the words of the Makefile, and why it cannot be had here. */
const NEEDS: Record<string, () => string | undefined> = {
  docker: () =>
    spawnSync('docker', ['info']).status === 0 ? undefined : 'no Docker answers on this machine',
  'no other rehearsal': () => 'this rehearsal does it next',
}

/**
 * Looks at what a `make` target says of itself in the Makefile, `## … (needs docker)`.
 * @returns for a command, why it cannot be run here, or undefined where nothing is in the way
 * @throws Error naming a need that is not known here
 */
export function lacksFor(root: string): (command: string) => string | undefined {
  const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
  const needs = new Map(
    [...makefile.matchAll(/^([a-z-]+):.*## .*\(needs ([^)]+)\)$/gm)].map(([, target, need = '']) => [
      target,
      need,
    ]),
  )
  return command => {
    const need = needs.get(/^make ([a-z-]+)/.exec(command)?.[1])
    if (need === undefined) return undefined
    const look = NEEDS[need]
    if (!look)
      throw new Error(`the Makefile needs '${need}' for '${command}', which this rehearsal does not know`)
    return look()
  }
}
