import { namesOf } from '@clarity/environments'
import { RELEASE_HEADER } from '@clarity/suites'
import { isTerminal } from '../deploy/follow.ts'
import { runningDigests } from '../deploy/gather-facts.ts'
import type { ReleaseWorld } from '../deploy/prepare.ts'
import { ClarityError } from '../errors.ts'
import { isDrillRelease } from '../release/drill-release.ts'
import { releaseOf } from '../release/task-definitions.ts'

/** What production traffic of an environment reaches. */
export interface Serving {
  release: string
  digest: string
  apiTaskDefinition: string
  workerTaskDefinition: string
  /** The target group that has all the weight. */
  targetGroup: string
}

/**
 * What serves an environment, by its load balancer's own rule, the revision behind it, the digests of the running
 * tasks, and the answer of the production listener: all must agree.
 * @throws ClarityError `not_settled` naming what does not agree
 */
export async function serving(
  world: Pick<ReleaseWorld, 'ecs' | 'loadBalancing' | 'environment' | 'handedOn'>,
): Promise<Serving> {
  const { ecs, loadBalancing, environment, handedOn } = world
  const { cluster, apiService, workerService } = namesOf(environment)
  const { name } = environment
  const unsettled = (why: string, fix = `what runs: clarity status ${name}`) =>
    new ClarityError('not_settled', `${name}: ${why}`, fix)

  const [api, worker] = await Promise.all([apiService, workerService].map(name => ecs.service(cluster, name)))
  if (!api || !worker) throw unsettled('nothing was ever released there', `clarity deploy ${name}`)
  const briefs = await ecs.deployments(cluster, apiService, 20)
  const running = briefs.find(({ status }) => !isTerminal(status))
  if (running)
    throw unsettled(
      `a deployment is under way: ${running.serviceDeploymentArn}`,
      `follow it: clarity deploy ${name} --attach; take it back: clarity rollback ${name}`,
    )
  const last = briefs.find(({ status }) => status === 'SUCCESSFUL')
  if (!last) throw unsettled('no deployment there was ever successful')
  const [revision] = await ecs.revisions([last.targetServiceRevisionArn ?? ''])
  const weights = Object.entries(await loadBalancing.weights(handedOn['production-rule-arn']))
  const [live, ...others] = weights.filter(([, weight]) => weight > 0).map(([group]) => group)
  const own = revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn
  if (!live || others.length > 0 || live !== own)
    throw unsettled('the production rule does not give all weight to the last successful revision')

  const apiTaskDefinition = revision?.taskDefinition ?? ''
  const definition = await ecs.taskDefinition(apiTaskDefinition)
  const digest =
    revision?.containerImages?.[0]?.imageDigest ?? definition.containerDefinitions?.[0]?.image?.split('@')[1]
  const release = releaseOf(definition)
  if (!digest || !release) throw unsettled('the last successful revision has no digest or no release name')
  if (isDrillRelease(release))
    throw unsettled(
      `${release} serves, which a drill has left that did not end`,
      `go back to what worked: clarity rollback ${name}`,
    )
  const strangers = (await runningDigests(ecs, cluster, apiService)).filter(one => one !== digest)
  if (strangers.length > 0) throw unsettled(`tasks run another digest: ${strangers.join(', ')}`)
  const answered = await answeringRelease(environment.loadBalancer.baseUrl)
  if (answered !== release) throw unsettled(`the production listener answers as ${answered}, not ${release}`)
  return {
    release,
    digest,
    apiTaskDefinition,
    workerTaskDefinition: worker.taskDefinition ?? '',
    targetGroup: live,
  }
}

async function answeringRelease(baseUrl: string): Promise<string> {
  try {
    const answer = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5000) })
    await answer.arrayBuffer()
    return answer.ok ? (answer.headers.get(RELEASE_HEADER) ?? 'unnamed') : `status ${answer.status}`
  } catch {
    return 'nothing'
  }
}
