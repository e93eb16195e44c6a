import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { createEcs } from '../../delivery/src/aws/ecs.ts'
import { startProber } from '../../delivery/src/deploy/prober.ts'
import { ENVIRONMENTS, namesOf } from '../../environments/src/index.ts'
import type { AwsAccess } from '../../test/support/access.ts'
import type { Laptop } from '../../test/support/laptop.ts'

const HEADER = 'x-clarity-release'
const SERVICES = (({ apiService, workerService }) => [apiService, workerService])(namesOf(ENVIRONMENTS.local))

/** What serves, by ECS's record and by the answers of production: nothing that the command says is taken for it. */
export function createObserver(laptop: Laptop, access: AwsAccess) {
  const ecs = createEcs(access)
  const { cluster } = namesOf(ENVIRONMENTS.local)

  /** The task definitions that both services are set to. */
  async function standing(): Promise<string> {
    const services = await Promise.all(SERVICES.map(name => ecs.service(cluster, name)))
    return services.map(service => service?.taskDefinition).join(' ')
  }

  /** The releases that answer ten requests in production. */
  async function answering(): Promise<string[]> {
    const found = new Set<string>()
    for (let i = 0; i < 10; i++) {
      const answer = await fetch(`${laptop.baseUrl}/health`)
      await answer.arrayBuffer()
      found.add(answer.ok ? `${answer.headers.get(HEADER)}` : `status ${answer.status}`)
    }
    return [...found]
  }

  /** The deployment that was taken back, of those that began after `since`. */
  async function takenBack(since: Date): Promise<ServiceDeployment | undefined> {
    for (const service of SERVICES)
      for (const { serviceDeploymentArn = '', createdAt } of await ecs.deployments(cluster, service, 5)) {
        if (!createdAt || createdAt < since) continue
        const deployment = await ecs.deployment(serviceDeploymentArn)
        if (deployment.rollback) return deployment
      }
    return undefined
  }

  return { standing, answering, takenBack }
}

/** Steady traffic on production, and when requests were lost. */
export function startTraffic(laptop: Laptop, perSecond: number) {
  const lostAt: number[] = []
  const prober = startProber(`${laptop.baseUrl}/health`, {
    perSecond,
    releaseHeader: HEADER,
    onFailure: () => void lostAt.push(Date.now()),
  })
  return { lostAt, count: prober.count, stop: prober.stop }
}
