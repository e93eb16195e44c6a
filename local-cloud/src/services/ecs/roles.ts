import type { GetRoleResponse } from '@aws-sdk/client-iam'
import type { AssumeRoleResponse } from '@aws-sdk/client-sts'
import { AwsError } from '../../core/aws-error.ts'
import type { Invoke } from '../../core/service.ts'
import { TaskFailure } from './errors.ts'

const TASKS = 'ecs-tasks.amazonaws.com'

/**
 * Temporary keys of a task's role. The role must exist and trust `ecs-tasks.amazonaws.com`, where IAM is among
 * the services of this cloud.
 * @throws TaskFailure in AWS's words
 */
export async function assumeTaskRole(
  roleArn: string,
  session: string,
  invoke: Invoke,
): Promise<AssumeRoleResponse> {
  await checkTrust(roleArn, invoke)
  const input = { RoleArn: roleArn, RoleSessionName: session }
  return invoke<AssumeRoleResponse>('sts', 'AssumeRole', input, TASKS).catch(() => {
    throw refused(roleArn)
  })
}

/** @throws TaskFailure when the role is missing or does not trust tasks */
export async function checkTrust(roleArn: string, invoke: Invoke): Promise<void> {
  const name = roleArn.slice(roleArn.lastIndexOf('/') + 1)
  let role: GetRoleResponse
  try {
    role = await invoke<GetRoleResponse>('iam', 'GetRole', { RoleName: name }, 'ecs.amazonaws.com')
  } catch (error) {
    if (error instanceof AwsError && error.status === 501) return
    throw refused(roleArn)
  }
  const trust = decodeURIComponent(role.Role?.AssumeRolePolicyDocument ?? '')
  if (trust && !trust.includes(TASKS)) throw refused(roleArn)
}

const refused = (role: string) =>
  new TaskFailure(
    `ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
  )
