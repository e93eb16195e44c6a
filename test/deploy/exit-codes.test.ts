import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { EXIT } from '../../delivery/src/cli/exit-codes.ts'

/**
 * Where a real command ends with each exit code: the file, the test in it, and what it expects there. Wrong usage
 * needs no laptop's AWS and is produced here.
 */
const PROOFS: Record<keyof typeof EXIT, { file: string; test: string; by: RegExp }> = {
  succeeded: {
    file: 'gates',
    test: 'a deploy that waits carries out what another command decides',
    by: /exitCode, deployed\.exitCode\]\)\.toEqual\(\[0, 0\]\)/,
  },
  failed: {
    file: 'control-plane-faults',
    test: 'a change that ECS refuses for ever',
    by: /exitCode\)\.toBe\(1\)/,
  },
  usage: { file: 'exit-codes', test: 'what needs no AWS', by: /clarity\('depoly'/ },
  unhealthy: { file: 'endings', test: 'an alarm in bake rolls back', by: /diagnosis\(\).*exitCode: 3/ },
  locked: { file: 'killed-cli', test: '--attach takes over', by: /exitCode: 4.*'locked'/ },
  needsApproval: { file: 'gates', test: 'nothing of production moves', by: /exitCode: 5/ },
  rolledBack: { file: 'endings', test: 'answers that come too late', by: /exitCode: 6/ },
  superseded: { file: 'gates', test: 'another deployment meanwhile is told', by: /exitCode: 7/ },
  timedOut: { file: 'endings', test: 'an ECS that tells no more', by: /exitCode: 8/ },
  preflightFailed: { file: 'gates', test: 'an impossible rollback is refused', by: /refused\('--to'/ },
}

/** Runs the command line of this checkout. */
async function clarity(...argv: string[]): Promise<{ exitCode: number; text: string }> {
  const program = fileURLToPath(new URL('../../clarity', import.meta.url))
  const child = spawn(program, argv)
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, text }
}

test.each(Object.entries(PROOFS))(
  'exit code of %s is proved by a test',
  async (_, { file, test: name, by }) => {
    const source = await readFile(fileURLToPath(new URL(`./${file}.test.ts`, import.meta.url)), 'utf8')
    const proof = source.split(/^test\(/m).find(block => block.slice(0, 200).includes(name))
    expect(proof, `${file}.test.ts has no test '${name}' any more`).toMatch(by)
  },
)

test('what needs no AWS: help succeeds and lists every code, a verb that is none is a matter of usage', async () => {
  const help = await clarity('--help')
  expect(help.exitCode).toBe(EXIT.succeeded)
  const listed = [...(/exit codes: ([\s\S]*)/.exec(help.text)?.[1] ?? '').matchAll(/(\d) ([a-z ]+)/g)]
  expect(
    listed.map(([, code, name]) => [name?.trim().replace(/ (\w)/g, (_, c) => c.toUpperCase()), Number(code)]),
  ).toEqual(Object.entries(EXIT))
  expect((await clarity('depoly', 'local')).exitCode).toBe(EXIT.usage)
})
