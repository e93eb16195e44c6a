import { type Check, failed, look, passed } from '../check.ts'
import { taskCounts } from '../task-counts.ts'

/** Fargate's vCPU quotas: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const ON_DEMAND = { code: 'L-3032A538', words: 'Fargate On-Demand vCPUs' }
const SPOT = { code: 'L-36FBB829', words: 'Fargate Spot vCPUs' }

/** Above the quota tasks wait for ever with "you have reached the limit on the number of vCPUs". */
export const quota: Check = {
  name: 'quota',
  title: 'the quota of the account is enough for twice the tasks',
  run: async world => {
    const { environment, quotas } = world
    const counts = await taskCounts(world)
    const spot = environment.worker.spot
    const vcpus = (part: 'api' | 'worker') => {
      const desired = counts.find(count => count.part === part)?.desired ?? 0
      return (2 * desired * environment[part].cpu) / 1024
    }
    const needs = spot
      ? [
          { ...ON_DEMAND, needed: vcpus('api') },
          { ...SPOT, needed: vcpus('worker') },
        ]
      : [{ ...ON_DEMAND, needed: vcpus('api') + vcpus('worker') }]
    const looks = needs.map(({ code, words, needed }) =>
      look(`${words} (${needed} needed)`, async () => {
        const value = await quotas.value('fargate', code)
        if (needed <= value)
          return [passed(`${words}: ${needed} of ${value} (what else runs in the account is not counted)`)]
        return [
          failed(
            `${words}: twice the tasks need ${needed}, the quota is ${value}`,
            `aws service-quotas request-service-quota-increase --service-code fargate --quota-code ${code} --desired-value ${Math.ceil(needed * 2)}`,
          ),
        ]
      }),
    )
    return (await Promise.all(looks)).flat()
  },
}
