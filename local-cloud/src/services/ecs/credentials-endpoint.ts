import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Credentials } from '@aws-sdk/client-sts'
import { AwsError } from '../../core/aws-error.ts'
import type { RestHandler, ServiceContext } from '../../core/service.ts'
import type { Records } from './records.ts'
import { assumeTaskRole } from './roles.ts'

/** Keys are renewed when they have less than this left, so that a caller never gets ones about to end. */
const RENEW_MS = 15 * 60_000

export interface TaskCredentials {
  /** Lends a task its role. Nothing for a task without one. @throws TaskFailure when the role cannot be assumed */
  open(
    marker: string,
    roleArn: string | undefined,
    taskId: string,
  ): Promise<{ uri: string; token: string } | undefined>
  close(marker: string): void
  /** `GET /_ecs/credentials/<marker>`, with the task's own authorization token. */
  handle: RestHandler
}

interface Loan {
  roleArn: string
  taskId: string
  token: string
  keys?: Credentials
}

/** The keys of task roles, kept in memory only: they end with the tasks, which end with the cloud. */
export function createTaskCredentials(context: ServiceContext): TaskCredentials {
  const loans = new Map<string, Loan>()

  async function open(marker: string, roleArn: string | undefined, taskId: string) {
    if (!roleArn) return undefined
    const loan: Loan = { roleArn, taskId, token: randomBytes(32).toString('base64url') }
    await keysOf(loan)
    loans.set(marker, loan)
    return { uri: `${context.endpoint()}/_ecs/credentials/${marker}`, token: loan.token }
  }

  async function keysOf(loan: Loan): Promise<Credentials> {
    const left = (loan.keys?.Expiration?.getTime() ?? 0) - context.clock.now()
    if (!loan.keys || left < RENEW_MS)
      loan.keys = (await assumeTaskRole(loan.roleArn, loan.taskId, context.invoke)).Credentials as Credentials
    return loan.keys
  }

  const handle: RestHandler = async (request, response) => {
    const loan = loans.get(request.url?.split('/').at(-1) ?? '')
    const given = Buffer.from(request.headers.authorization ?? '')
    const wanted = Buffer.from(loan?.token ?? '')
    if (!loan || given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new AwsError(
        'AccessDenied',
        'the credentials belong to a task; its authorization token is needed',
        403,
      )
    const keys = await keysOf(loan)
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        RoleArn: loan.roleArn,
        AccessKeyId: keys.AccessKeyId,
        SecretAccessKey: keys.SecretAccessKey,
        Token: keys.SessionToken,
        Expiration: keys.Expiration?.toISOString(),
      }),
    )
  }

  return { open, close: marker => void loans.delete(marker), handle }
}

/** The task metadata endpoint, version 4: `/_ecs/metadata/<marker>` is the first container, `…/task` the task. */
export function metadataHandler(records: Records): RestHandler {
  return async (request, response) => {
    const [, marker = '', what] = /\/_ecs\/metadata\/(\w+)(?:\/(\w+))?$/.exec(request.url ?? '') ?? []
    const record = records.tasks.list().find(task => task.marker === marker)
    if (!record || (what && what !== 'task'))
      throw new AwsError('NotFound', 'no such metadata; there are the container and /task', 404)
    const { task } = record
    const [, family = '', revision = ''] = /([^/]+):(\d+)$/.exec(task.taskDefinitionArn ?? '') ?? []
    const containers = (task.containers ?? []).map(container => ({
      DockerId: container.runtimeId ?? '',
      Name: container.name,
      Image: container.image,
      ImageID: container.imageDigest ?? '',
      DesiredStatus: task.desiredStatus,
      KnownStatus: container.lastStatus,
      ContainerARN: container.containerArn,
      Type: 'NORMAL',
      Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: ['127.0.0.1'] }],
    }))
    const answer =
      what === 'task'
        ? {
            Cluster: task.clusterArn,
            TaskARN: task.taskArn,
            Family: family,
            Revision: revision,
            ServiceName: record.service,
            DesiredStatus: task.desiredStatus,
            KnownStatus: task.lastStatus,
            Limits: { CPU: Number(task.cpu) / 1024, Memory: Number(task.memory) },
            AvailabilityZone: task.availabilityZone,
            LaunchType: task.launchType ?? 'FARGATE',
            Containers: containers,
          }
        : containers[0]
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }
}
