import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProber } from '../delivery/src/deploy/prober.ts'
import { awscliAnswers } from './laptop/awscli.ts'
import { missionAnswers } from './laptop/mission-answers.ts'
import { changeFile, replaceFile } from './support/change.ts'
import type { Laptop } from './support/laptop.ts'
import { firstLaptop, firstUp, freshLaptop } from './support/serving-laptop.ts'
import { until } from './support/until.ts'

/** The whole way, as a user goes it: from nothing to a served insight, releases, rollbacks and failures. */
let laptop: Laptop
beforeAll(async () => {
  laptop = await firstLaptop()
}, 180_000)
afterAll(() => laptop.dispose(), 60_000)

async function status() {
  return (await laptop.clarity('status', 'local')).last.data
}

const prober = () =>
  startProber(`${laptop.baseUrl}/health`, { perSecond: 50, releaseHeader: 'x-clarity-release' })

describe('make up', () => {
  test('goes from nothing to a served insight', async () => {
    const { up, health } = (await firstUp()).first
    expect(up.last).toMatchObject({
      type: 'result',
      data: {
        outcome: { verdict: { kind: 'succeeded' } },
        demo: { created: true, generatedBy: 'gemini', model: 'clarity-stand-in-for-gemini-2.5-pro' },
      },
    })
    expect(up.last.data.demo.narrative.length).toBeGreaterThan(40)
    expect([up.exitCode, health.exitCode]).toEqual([0, 0])
  })

  test('changes nothing the second time, started again', { timeout: 60_000 }, async () => {
    const again = await laptop.clarity('up')
    expect(again.last.data).toMatchObject({ demo: { created: false } })
    expect(again.last.data.outcome).toBeUndefined()
    expect(again.last.data.stacks.filter((stack: { changes: number }) => stack.changes > 0)).toEqual([])
  })

  test('releases a changed line under traffic and takes it back, without losing a request', {
    timeout: 180_000,
  }, async () => {
    const before = (await status()).services[0].release
    const traffic = prober()
    await writeFile(join(laptop.root, 'backend/src/changed.ts'), 'export const CHANGED = 1\n')
    const deploy = await laptop.clarity('deploy', 'local')
    const suites = deploy.events.filter(
      event => event.step === 'release.api' && event.message?.startsWith('end-to-end'),
    )
    expect(suites.at(-1)?.message).toMatch(/^end-to-end 5\/5/)
    expect(deploy.last, await laptop.cloudLog()).toMatchObject({
      data: { outcome: { verdict: { kind: 'succeeded' } } },
    })
    const after = (await status()).services[0].release
    expect(after).not.toBe(before)
    const back = await laptop.clarity('rollback', 'local')
    expect(back.last).toMatchObject({ data: { kind: 'returned', release: before } })
    const { sent, failed, byRelease, reasons } = await traffic.stop()
    expect({ failed, reasons }).toEqual({ failed: 0, reasons: [] })
    expect(sent).toBeGreaterThan(100)
    expect(Object.keys(byRelease).sort()).toEqual([before, after].sort())
  })

  test('replaces a task whose process was killed, and says so', { timeout: 60_000 }, async () => {
    const { id: victim, process: pid } = (await status()).services[0].tasks[0]
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const { services } = await status()
      const [api] = services
      return api.running === 2 && !api.tasks.some((task: { id: string }) => task.id === victim)
        ? services
        : undefined
    })
    const [api] = (await status()).services
    expect(api.stopped.find((task: { id: string }) => task.id === victim)?.reason).toMatch(/exit code 137/)
    expect((await laptop.clarity('health', 'local')).exitCode).toBe(0)
  })
})

awscliAnswers(() => laptop)
missionAnswers(() => laptop)

describe('when it goes wrong, the command says why and what served still serves', () => {
  test('a release that ends at once', { timeout: 120_000 }, async () => {
    const before = (await status()).services[0].release
    const undo = await changeFile(laptop, 'backend/src/api.ts', source =>
      source.replace('\n', '\nprocess.exit(7)\n'),
    )
    const deploy = await laptop.clarity('deploy', 'local')
    await undo()
    expect(deploy.exitCode).toBeGreaterThan(0)
    expect(`${deploy.last.message}`).toMatch(/exit/i)
    await expectServing(before)
  })

  test('a release whose health check never passes', { timeout: 120_000 }, async () => {
    const before = (await status()).services[0].release
    const undo = await changeFile(laptop, 'backend/src/api/health/routes.ts', source =>
      source.replace("'/health'", "'/healthy'"),
    )
    const deploy = await laptop.clarity('deploy', 'local')
    await undo()
    expect(deploy.exitCode).toBeGreaterThan(0)
    expect(`${deploy.last.message}`).toMatch(/health/i)
    await expectServing(before)
  })

  test('an image layer that was corrupted in the registry', { timeout: 60_000 }, async () => {
    const before = (await status()).services[0].release
    await corruptBaseLayer(join(laptop.state, 'cloud'))
    await writeFile(join(laptop.root, 'backend/src/changed.ts'), 'export const CHANGED = 2\n')
    const deploy = await laptop.clarity('deploy', 'local')
    expect(deploy.exitCode).toBeGreaterThan(0)
    expect(deploy.last.message).toMatch(/layer of the image/)
    expect(JSON.stringify(deploy.last)).toMatch(/CannotPullContainerError/)
    await expectServing(before)
  })

  test('a port that is taken', async () => {
    const other = await freshLaptop()
    const holder: Server = createServer()
    await new Promise<void>(resolve =>
      holder.listen(Number(new URL(other.baseUrl).port), '127.0.0.1', resolve),
    )
    const up = await other.clarity('up')
    holder.close()
    await other.dispose()
    expect(up.exitCode).toBe(1)
    expect(up.last).toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(new URL(other.baseUrl).port),
    })
    expect(up.seconds).toBeLessThan(10)
  })
})

async function expectServing(release: string): Promise<void> {
  const answer = await fetch(`${laptop.baseUrl}/health`)
  expect([answer.status, answer.headers.get('x-clarity-release')]).toEqual([200, release])
}

/** Flips bytes of the largest blob in the registry, and forgets its unpacked copy so that it is pulled again. */
async function corruptBaseLayer(cloud: string): Promise<void> {
  const blobs = join(cloud, 'ecr/blobs')
  const files = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter(entry =>
    entry.isFile(),
  )
  const sized = await Promise.all(
    files.map(async ({ parentPath, name }) => ({
      name,
      path: join(parentPath, name),
      size: (await stat(join(parentPath, name))).size,
    })),
  )
  const [largest] = sized.sort((a, b) => b.size - a.size)
  const { path, name, size } = largest as (typeof sized)[number]
  const content = await readFile(path)
  content.fill('x', Math.floor(size / 2), Math.floor(size / 2) + 16)
  await replaceFile(path, content)
  await rm(join(cloud, 'ecs/layers', name.replace('sha256:', '')), { recursive: true })
}
