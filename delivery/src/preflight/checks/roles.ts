import { namesOf } from '@clarity/environments'
import { type Check, type Finding, failed, look, passed } from '../check.ts'

interface Statement {
  Effect?: string
  Action?: string | string[]
  Principal?: string | Record<string, string | string[]>
}

const listed = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]))

/** ECS starts no task whose roles it cannot take. */
export const roles: Check = {
  name: 'roles',
  title: 'the roles exist, and ECS may take them',
  run: async ({ release, handedOn, roles: iam, environment }) => {
    const tasks = [
      ['execution role', release.api.executionRoleArn],
      ['task role of the API', release.api.taskRoleArn],
      ['task role of the worker', release.worker.taskRoleArn],
    ] as const
    const wanted = [
      ...tasks.map(([what, arn = '']) => ({ what, arn, by: 'ecs-tasks.amazonaws.com' })),
      { what: 'load balancer role', arn: handedOn['load-balancer-role-arn'], by: 'ecs.amazonaws.com' },
    ]
    const findings = wanted.map(({ what, arn, by }) =>
      look(what, async (): Promise<Finding[]> => {
        const name = arn.split('/').pop() ?? arn
        const role = await iam.role(name)
        if (!role)
          return [
            failed(
              `the ${what} ${name} does not exist`,
              `clarity infra deploy ${environment.name} makes it (stack ${namesOf(environment).stack('compute')})`,
            ),
          ]
        if (role.arn !== arn)
          return [
            failed(
              `the ${what} is ${role.arn}, but the stacks handed on ${arn}`,
              `clarity infra deploy ${environment.name}`,
            ),
          ]
        if (trusts(role.trust, by)) return [passed(`${name} trusts ${by}`)]
        return [
          failed(
            `the ${what} ${name} does not trust ${by}`,
            `aws iam update-assume-role-policy --role-name ${name} --policy-document '${trustPolicy(by)}'`,
          ),
        ]
      }),
    )
    return (await Promise.all(findings)).flat()
  },
}

/** Whether a trust policy lets an AWS service take the role. */
export function trusts(policy: string, service: string): boolean {
  const { Statement } = JSON.parse(policy) as { Statement?: Statement | Statement[] }
  return listed(Statement).some(
    ({ Effect, Action, Principal }) =>
      Effect === 'Allow' &&
      listed(Action).some(action => ['sts:AssumeRole', 'sts:*', '*'].includes(action)) &&
      typeof Principal === 'object' &&
      listed(Principal.Service).includes(service),
  )
}

function trustPolicy(service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  })
}
