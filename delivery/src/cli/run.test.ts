import { expect, test } from 'vitest'
import { ClarityError } from '../errors.ts'
import type { Event } from '../ui/events.ts'
import type { Command, RunCommand } from './command.ts'
import { COMMANDS } from './commands.ts'
import { EXIT } from './exit-codes.ts'
import { runCli } from './run.ts'

const command = (run: RunCommand): Command => ({
  name: 'ship',
  summary: 'for tests',
  positionals: [{ name: 'env', required: true, description: 'where to' }],
  options: {
    fast: { type: 'boolean', description: 'hurry' },
    crew: { type: 'string', value: 'names', description: 'who sails' },
  },
  exits: ['locked'],
  load: async () => ({ run }),
})

async function cli(commands: Command[], ...argv: string[]) {
  return cliAt(undefined, commands, ...argv)
}

async function cliAt(columns: number | undefined, commands: Command[], ...argv: string[]) {
  const events: Event[] = []
  const signal = new AbortController().signal
  const context = {
    root: '/nowhere',
    variables: {},
    signal,
    columns,
    createEmit: () => (event: Event) => void events.push(event),
  }
  const exitCode = await runCli(commands, argv, context)
  return { exitCode, events, last: events.at(-1) }
}

test('passes what was typed to the verb and its exit code back', async () => {
  const seen: unknown[] = []
  const ship = command(async ({ positionals, values }) => {
    seen.push(positionals, values.fast)
    return EXIT.unhealthy
  })
  expect((await cli([ship], 'ship', 'prod', '--fast')).exitCode).toBe(3)
  expect(seen).toEqual([['prod'], true])
})

test.each([
  [['sihp'], /no verb 'sihp'/],
  [['ship'], /needs <env>/],
  [['ship', 'prod', 'twice'], /does not take 'twice'/],
  [['ship', 'prod', '--slow'], /ship has no option '--slow'/],
  [['ship', 'prod', '--crew', '--fast'], /--crew needs <names>/],
  [['ship', 'prod', '--fast=very'], /--fast takes no value/],
])('refuses %j with exit code 2 and says what to do', async (argv, message) => {
  const { exitCode, last } = await cli([command(async () => 0)], ...argv)
  expect(exitCode).toBe(EXIT.usage)
  expect(last).toMatchObject({
    type: 'error',
    message: expect.stringMatching(message),
    fix: expect.stringMatching(/--help/),
  })
})

test('a drill does not touch production unless it is told twice', async () => {
  const { exitCode, last } = await cli(COMMANDS, 'drill', 'prod')
  expect([exitCode, last]).toMatchObject([EXIT.usage, { fix: expect.stringMatching(/--yes-production/) }])
})

test('turns every failure into one error event that says what to do next', async () => {
  const known = command(() =>
    Promise.reject(new ClarityError('locked', 'someone deploys', 'wait', { exitCode: EXIT.locked })),
  )
  expect(await cli([known], 'ship', 'prod')).toMatchObject({
    exitCode: 4,
    last: { code: 'locked', fix: 'wait' },
  })
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4566'), { code: 'ECONNREFUSED' })
  const { last } = await cli([command(() => Promise.reject(refused))], 'ship', 'prod')
  expect(last).toMatchObject({ code: 'not_reachable', fix: expect.stringContaining('make up') })
})

test('every verb loads, and has a page of help', async () => {
  for (const { name, load } of COMMANDS) {
    expect((await load()).run).toBeTypeOf('function')
    const { exitCode, last } = await cli(COMMANDS, name, '--help')
    expect([name, exitCode]).toEqual([name, 0])
    expect(last).toMatchObject({ type: 'result', text: expect.stringContaining(`clarity ${name}`) })
  }
})

test('help names the exit codes of a verb, and fits a narrow terminal', async () => {
  const wide = await cli([command(async () => 0)], 'help', 'ship')
  expect(wide.last).toMatchObject({
    text: expect.stringMatching(
      /--crew <names> +who sails[\s\S]*0 succeeded · 1 failed · 2 usage · 4 locked$/,
    ),
  })
  for (const argv of [['--help'], ['deploy', '--help']]) {
    const { last } = await cliAt(50, COMMANDS, ...argv)
    const { text } = last as { text: string }
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(1)
          .map(line => line.length),
      ),
    ).toBeLessThanOrEqual(50)
  }
})
