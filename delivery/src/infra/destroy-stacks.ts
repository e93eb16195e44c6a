import { BatchDeleteImageCommand, ECRClient, paginateListImages } from '@aws-sdk/client-ecr'
import { DeleteServiceCommand, ECSClient } from '@aws-sdk/client-ecs'
import { type Environment, namesOf } from '@clarity/environments'
import { clientConfig } from '../aws/clients.ts'
import { createStacks } from '../aws/stacks.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'

export interface DestroyOptions {
  environment: Environment
  access: Access
  emit: Emit
  pollMs: number
  /** Only says what would go. */
  dryRun?: boolean
}

/** Stacks that stay: the table, buckets, queues and users with their keys, and the trail of who did what. */
const KEPT = ['audit', 'data']

/**
 * Takes an environment down, but for its data: the services with their tasks, the images, and every stack but those that
 * hold data or the audit trail. `clarity infra deploy` builds the rest again around them.
 * @returns names of the stacks that went, and of those that stay
 * @throws ClarityError `protected` where the environment's data says that it is to be protected
 */
export async function destroyStacks(options: DestroyOptions): Promise<{ gone: string[]; kept: string[] }> {
  const { environment, access, emit, pollMs, dryRun } = options
  if (environment.name === 'prod' || environment.data.protect)
    throw new ClarityError(
      'protected',
      `${environment.name} is protected: nothing of it is destroyed by a command`,
      'what may go is changed in infra/ and reviewed; an environment that is given up is closed with its account',
    )
  const stacks = createStacks(access, pollMs)
  const { synthesize } = await import('@clarity/infra')
  const all = synthesize(environment)
  const there: typeof all = []
  for (const stack of all) if (await stacks.exists(stack.stackName)) there.push(stack)
  const [going, staying] = [there.filter(isGoing).reverse(), there.filter(stack => !isGoing(stack))]
  const names = (of: typeof all) => of.map(({ stackName }) => stackName)
  if (!dryRun) {
    await stopServices(environment, access, emit)
    await deleteImages(environment, access, emit)
    for (const { stackName } of going)
      await runStep(emit, `infra.${stackName}`, `delete ${stackName}`, step =>
        stacks.remove(stackName, event =>
          step.progress(`${event.LogicalResourceId} ${event.ResourceStatus}`),
        ),
      )
  }
  return { gone: names(going), kept: names(staying) }
}

function isGoing({ part }: { part: string }): boolean {
  return !KEPT.includes(part)
}

async function stopServices(environment: Environment, access: Access, emit: Emit): Promise<void> {
  const { cluster, apiService, workerService } = namesOf(environment)
  const ecs = new ECSClient(clientConfig(access))
  await runStep(emit, 'infra.services', 'delete the services, and stop their tasks', async () => {
    for (const service of [apiService, workerService])
      await ecs
        .send(new DeleteServiceCommand({ cluster, service, force: true }))
        .catch(unless('ServiceNotFoundException', 'ClusterNotFoundException', 'ServiceNotActiveException'))
  })
}

/** A repository that holds images cannot be deleted. */
async function deleteImages(environment: Environment, access: Access, emit: Emit): Promise<void> {
  const { repository: repositoryName } = namesOf(environment)
  const client = new ECRClient(clientConfig(access))
  await runStep(emit, 'infra.images', `delete the images of ${repositoryName}`, async () => {
    try {
      for await (const { imageIds = [] } of paginateListImages({ client, pageSize: 100 }, { repositoryName }))
        if (imageIds.length > 0) await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    } catch (error) {
      unless('RepositoryNotFoundException')(error as Error)
    }
  })
}

function unless(...names: string[]): (error: Error) => void {
  return error => {
    if (!names.includes(error.name)) throw error
  }
}
