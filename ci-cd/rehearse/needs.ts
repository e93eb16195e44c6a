import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a target may need beside Node, in the words of the Makefile, and why it cannot be had here. */
const NEEDS: Record<string, () => string | undefined> = {
  docker: () =>
    spawnSync('docker', ['info']).status === 0 ? undefined : 'no Docker answers on this machine',
  'no other rehearsal': () => 'this rehearsal does it itself',
  "npm's advisories": () => {
    const { stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=none'], { encoding: 'utf8' })
    return /endpoint returned an error|ENOTFOUND/.test(stderr)
      ? 'the registry in use answers no audit'
      : undefined
  },
  "Sigstore's keys": () => reach('https://tuf-repo-cdn.sigstore.dev/timestamp.json'),
  "Node's advisories": () => reach('https://raw.githubusercontent.com/nodejs/security-wg/main/README.md'),
}

/** Why an address cannot be had from here. A process of its own asks, since looking must not wait for a promise. */
function reach(url: string): string | undefined {
  const script = `fetch('${url}', { signal: AbortSignal.timeout(10_000) }).then(a => process.exit(a.ok ? 0 : 1), () => process.exit(1))`
  return spawnSync(process.execPath, ['-e', script]).status === 0
    ? undefined
    : `${new URL(url).host} is not reached from here`
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
    for (const each of need.split(' and ')) {
      const look = NEEDS[each]
      if (!look)
        throw new Error(`the Makefile needs '${each}' for '${command}', which this rehearsal does not know`)
      const why = look()
      if (why) return why
    }
    return undefined
  }
}
