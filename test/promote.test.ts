import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CliResult, Laptop } from './support/laptop.ts'
import { freshLaptop } from './support/serving-laptop.ts'

/** Two environments side by side on one local cloud: what serves dev becomes what serves staging, as a user sees it. */
const BASE_PORT = 20_000 + (process.pid % 1_000) * 20

let laptop: Laptop
beforeAll(async () => {
  laptop = await freshLaptop({ CLARITY_REHEARSE: `${BASE_PORT}` })
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

test('the digest that serves dev and passed its suites there is what serves staging, and nothing else is', {
  timeout: 240_000,
}, async () => {
  expect(await laptop.clarity('up', '--only-cloud')).toMatchObject({ exitCode: 0 })
  const empty = await laptop.clarity('infra', 'diff', 'dev')
  expect(empty, empty.last.message).toMatchObject({ exitCode: 0, last: { data: { cost: { before: 0 } } } })
  const applied = await Promise.all(['dev', 'staging'].map(name => laptop.clarity('infra', 'deploy', name)))
  for (const { exitCode, last } of applied) expect(exitCode, last.message).toBe(0)
  expect(await laptop.clarity('promote', 'dev', 'dev')).toMatchObject({ exitCode: 2 })
  expect(await laptop.clarity('promote', 'dev', 'staging')).toMatchObject({
    exitCode: 1,
    last: { code: 'not_settled' },
  })

  const deployed = await laptop.clarity('deploy', 'dev')
  expect(deployed, deployed.last.message).toMatchObject({ exitCode: 0 })
  const { digest, release } = deployed.last.data
  expect(
    await laptop.clarity('promote', 'dev', 'staging', '--approved', digest.replace(/.{4}$/, '0000')),
  ).toMatchObject({
    exitCode: 5,
    last: { code: 'another_release' },
  })

  const promoted = await laptop.clarity('promote', 'dev', 'staging')
  expect(promoted, promoted.last.message).toMatchObject({
    exitCode: 0,
    last: { data: { digest, from: 'dev', outcome: { verdict: { kind: 'succeeded' } } } },
  })
  const stepsOf = ({ events }: CliResult) => events.map(({ step }) => step)
  expect(stepsOf(deployed)).toContain('image.build')
  expect(stepsOf(promoted)).toContain('promote.copy')
  expect(stepsOf(promoted)).not.toContain('image.build')
  expect(await served('dev')).toBe(release)
  expect(await served('staging')).toBe(promoted.last.data.release)

  const history = await laptop.clarity('history', 'staging', '--verify')
  expect(history.last.data).toMatchObject({ check: { kind: 'intact', links: 1 }, withoutEvidence: [] })
  expect(await laptop.clarity('promote', 'dev', 'staging')).toMatchObject({
    exitCode: 0,
    last: { text: expect.stringMatching(/nothing to do/) },
  })
})

/** The release that answers on an environment's production listener. */
async function served(name: 'dev' | 'staging'): Promise<string | null> {
  const answer = await fetch(`http://127.0.0.1:${BASE_PORT + (name === 'dev' ? 1 : 2)}/health`)
  await answer.arrayBuffer()
  return answer.headers.get('x-clarity-release')
}
