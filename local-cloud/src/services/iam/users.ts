import type { GetUserRequest, GetUserResponse } from '@aws-sdk/client-iam'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, RequestContext, ServiceContext } from '../../core/service.ts'
import { isOperator } from './authorize.ts'
import { noSuchEntity } from './model.ts'

/** The one user that there is: the installation's own, known since its first start. */
export function userOperations({ store, clock, credentials }: ServiceContext): Record<string, Operation> {
  const users = store.collection<{ createdAt: number }>('iam', 'user')
  const { arn, userId } = credentials.root.caller
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  if (!users.get(name)) users.put(name, { createdAt: clock.now() })

  function getUser(input: GetUserRequest, { caller }: RequestContext): GetUserResponse {
    if (!input.UserName && !isOperator(caller.arn))
      throw new AwsError('ValidationError', 'Must specify userName when calling with non-User credentials')
    const user = users.get(input.UserName || name)
    if (!user) throw noSuchEntity(`The user with name ${input.UserName} cannot be found.`)
    return {
      User: { UserName: name, UserId: userId, Arn: arn, Path: '/', CreateDate: new Date(user.createdAt) },
    }
  }

  return { GetUser: getUser }
}
