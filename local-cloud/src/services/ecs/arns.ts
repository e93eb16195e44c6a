import { randomBytes, randomInt } from 'node:crypto'

/** The ARNs of one account and region's ECS, in AWS's long format. */
export function createArns(region: string, accountId: string) {
  const arn = (type: string, ...path: string[]) =>
    `arn:aws:ecs:${region}:${accountId}:${type}/${path.join('/')}`
  return {
    cluster: (name: string) => arn('cluster', name),
    service: (cluster: string, name: string) => arn('service', cluster, name),
    task: (cluster: string, id: string) => arn('task', cluster, id),
    container: (cluster: string, task: string, id: string) => arn('container', cluster, task, id),
    taskDefinition: (family: string, revision: number) => arn('task-definition', `${family}:${revision}`),
    revision: (cluster: string, service: string, id: string) => arn('service-revision', cluster, service, id),
    deployment: (cluster: string, service: string, id: string) =>
      arn('service-deployment', cluster, service, id),
  }
}

export type Arns = ReturnType<typeof createArns>

/** The last part of an ARN's path, or the name itself where no ARN was given. */
export const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)

/** `cluster/service` of a service's, revision's or deployment's ARN. */
export function serviceKeyOf(arn: string): string {
  const [, cluster = '', service = ''] = arn.split('/')
  return `${cluster}/${service}`
}

/** Nineteen digits, as in `ecs-svc/4980306466373577095` and in service revisions. */
export const newRevisionId = (): string =>
  String(randomInt(1_000_000_000, 9_999_999_999)) + String(randomInt(100_000_000, 999_999_999))

/** 22 characters, as in the ARNs of service deployments. */
export const newDeploymentId = (): string => randomBytes(16).toString('base64url').slice(0, 22)

/** 32 hexadecimal digits, as tasks have. */
export const newTaskId = (): string => randomBytes(16).toString('hex')
