import { setTimeout as sleep } from 'node:timers/promises'
import type { MortalCloud } from './cloud.ts'
import { BrokenPromise, type Model } from './model.ts'
import type { Random } from './random.ts'
import { createService } from './service.ts'

/** Longest that the service may take to be steady again, in ms. */
const STEADY_MS = 30_000
/**
 * ECS behind a load balancer: no drained task and no replaced release answers, and the service always comes back.
 * @param restEvery rounds between two looks whether the service comes to rest
 */
export function createTraffic(cloud: MortalCloud, port: number, restEvery: number): Model {
  const service = createService(cloud, port)
  /** As last seen: nothing of these may answer a request that begins later. */
  let drained: { pids: ReadonlySet<number>; ports: ReadonlySet<number> } = {
    pids: new Set(),
    ports: new Set(),
  }
  let settled = 0
  let rounds = 0
  let answered = 0
  let unanswered = 0
  let deployments = 0
  let killed = 0

  async function ask(path: string): Promise<number | undefined> {
    const before = { drained, settled }
    const response = await fetch(service.url + path, { signal: AbortSignal.timeout(3000) }).catch(() => {})
    const text = response?.status === 200 ? await response.text().catch(() => '') : ''
    if (!text) {
      unanswered++
      await sleep(2)
      return undefined
    }
    answered++
    const from = JSON.parse(text) as { release: number; pid: number; port: number }
    if (before.drained.pids.has(from.pid))
      throw new BrokenPromise(`ECS: a task that had stopped answered (process ${from.pid})`)
    if (before.drained.ports.has(from.port))
      throw new BrokenPromise(`ELB: a target that was draining answered (port ${from.port})`)
    if (from.release < before.settled)
      throw new BrokenPromise(`ECS: release ${from.release} answered after ${before.settled} had replaced it`)
    return from.release
  }

  async function observe(): Promise<void> {
    const [tasks, ports, release] = await Promise.all([
      service.tasks(),
      service.drainingPorts(),
      service.settled(),
    ])
    drained = {
      pids: new Set(tasks.filter(task => task.drained).map(({ pid }) => pid)),
      ports: new Set(ports),
    }
    settled = Math.max(settled, release ?? 0)
  }

  async function disturb(random: Random): Promise<void> {
    await cloud.advance(500 + random.below(3000))
    if (random.chance(25)) {
      await service.deploy()
      deployments++
    } else if (random.chance(15)) {
      const alive = (await service.tasks()).filter(task => !task.drained)
      const victim = alive[random.below(Math.max(alive.length, 1))]
      if (victim) {
        killed++
        try {
          process.kill(victim.pid, 'SIGKILL')
        } catch {
          // it has ended by itself
        }
      }
    }
    await observe()
  }

  /** Moves the clock until the service is steady, under requests that keep targets draining for a while. */
  async function comesToRest(): Promise<void> {
    const deadline = performance.now() + STEADY_MS
    let resting = false
    const slow = Array.from({ length: 4 }, async () => {
      while (!resting) await ask('slow')
    })
    const look = async (): Promise<void> => {
      for (;;) {
        await cloud.advance(500)
        await observe()
        const release = await service.settled()
        // several, so that every target has its turn, also one that must not have it
        const answers = await Promise.all(Array.from({ length: 4 }, () => ask('')))
        if (release !== undefined && answers.every(answer => answer === release)) return
        if (performance.now() > deadline)
          throw new BrokenPromise(`ECS: the service did not come to rest in ${STEADY_MS} ms`)
      }
    }
    await Promise.all([
      look().finally(() => {
        resting = true
      }),
      ...slow,
    ])
  }

  return {
    name: 'ECS and ALB',
    workers: 3,
    prepare: async () => {
      await service.create()
      await comesToRest()
    },
    step: async (worker, random) => {
      if (worker === 0) await disturb(random)
      else await ask(random.chance(30) ? 'slow' : '')
    },
    verify: async () => {
      // processes of before a kill are gone, and their numbers may be given again
      drained = { pids: new Set(), ports: new Set() }
      if (++rounds % restEvery !== 0) return
      await service.deploy()
      deployments++
      await comesToRest()
    },
    told: () =>
      `${answered} answers, ${unanswered} without, ${deployments} deployments, ${killed} tasks killed`,
  }
}
