import { namesOf } from '@clarity/environments'
import { isTerminal } from '../../deploy/follow.ts'
import { type Check, type Finding, failed, look, passed } from '../check.ts'

/** ECS would let a second deployment replace the first one midway. */
export const noDeployment: Check = {
  name: 'no-deployment',
  title: 'no deployment is under way',
  run: async ({ ecs, environment }) => {
    const { cluster, apiService, workerService } = namesOf(environment)
    const looks = [apiService, workerService].map(name =>
      look(name, async (): Promise<Finding[]> => {
        if (!(await serviceOf(cluster, name))) return [passed(`${name} does not exist yet`)]
        const running = (await ecs.deployments(cluster, name, 20)).filter(d => !isTerminal(d.status))
        if (running.length === 0) return [passed(name)]
        return running.map(({ serviceDeploymentArn, status, createdAt }) =>
          failed(
            `${name} is being deployed: ${serviceDeploymentArn} is ${status} since ${createdAt?.toISOString() ?? 'unknown'}`,
            `wait for it (clarity status ${environment.name}), or take it back: clarity rollback ${environment.name}`,
          ),
        )
      }),
    )
    return (await Promise.all(looks)).flat()

    async function serviceOf(of: string, name: string) {
      try {
        return await ecs.service(of, name)
      } catch (error) {
        if ((error as Error).name === 'ClusterNotFoundException') return undefined
        throw error
      }
    }
  },
}
