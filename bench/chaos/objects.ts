import { createHash } from 'node:crypto'
import type { MortalCloud } from './cloud.ts'
import { BrokenPromise, type Model, NoAnswer } from './model.ts'

const KEYS = 6

/** S3: whole objects, each version of another size, overwritten again and again. */
export function createObjects(cloud: MortalCloud): Model {
  const acknowledged = new Map<string, number>()
  const attempted = new Map<string, number>()
  const touched = new Set<string>()
  let writes = 0

  async function call(method: string, path: string, body?: Buffer): Promise<Buffer | undefined> {
    const answer = await cloud.send({ service: 's3', method, path, body })
    if (answer.status >= 500) throw new NoAnswer(`${method} ${path}: ${answer.status}`)
    if (answer.status === 404) return undefined
    if (answer.status !== 200)
      throw new BrokenPromise(`S3: ${method} ${path} was refused: ${answer.status} ${answer.body}`)
    return answer.body
  }

  async function check(key: string): Promise<void> {
    const least = acknowledged.get(key) ?? 0
    const most = attempted.get(key) ?? 0
    const body = await call('GET', `/chaos/${key}`)
    const version = body ? Number(body.subarray(0, body.indexOf(' ')).toString()) : 0
    if (version < least || version > most)
      throw new BrokenPromise(`S3: ${key} is version ${version}; ${least} was acknowledged, ${most} tried`)
    if (body && !body.equals(bodyOf(key, version)))
      throw new BrokenPromise(`S3: ${key} is not what was sent as version ${version}`)
  }

  return {
    name: 'S3',
    workers: 3,
    prepare: async () => void (await call('PUT', '/chaos')),
    step: async (worker, random) => {
      const key = `${worker}/${random.below(KEYS)}`
      const version = (attempted.get(key) ?? 0) + 1
      attempted.set(key, version)
      touched.add(key)
      await call('PUT', `/chaos/${key}`, bodyOf(key, version))
      acknowledged.set(key, version)
      writes++
    },
    verify: async () => {
      for (const key of touched) await check(key)
      touched.clear()
    },
    told: () => `${writes} objects acknowledged`,
  }
}

function bodyOf(key: string, version: number): Buffer {
  const seed = createHash('sha256').update(`${key}/${version}`).digest('hex')
  return Buffer.from(`${version} ${seed.repeat(1 + (version % 300))}`)
}
