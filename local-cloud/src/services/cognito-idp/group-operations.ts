import type {
  AdminAddUserToGroupRequest,
  AdminListGroupsForUserRequest,
  AdminListGroupsForUserResponse,
  AdminRemoveUserFromGroupRequest,
  CreateGroupRequest,
  CreateGroupResponse,
  DeleteGroupRequest,
  GetGroupRequest,
  GetGroupResponse,
  GroupType,
  ListGroupsRequest,
  ListGroupsResponse,
  ListUsersInGroupRequest,
  ListUsersInGroupResponse,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { cognitoError, invalidParameter, notFound, required } from './cognito-errors.ts'
import { page } from './paging.ts'
import type { GroupRecord, PoolRecord } from './records.ts'
import { describeUser } from './user-list.ts'
import type { World } from './world.ts'

/** Groups of a pool, which stand in the tokens of their members. */
export function groupOperations({ context, pools, users }: World): Record<string, Operation> {
  const groups = context.store.collection<GroupRecord>('cognito-idp', 'group')

  function group(pool: PoolRecord, name: string | undefined): GroupRecord {
    const found = groups.get(`${pool.id}/${required('GroupName', name)}`)
    if (!found) throw notFound('Group not found.')
    return found
  }

  function describe(pool: PoolRecord, { createdAt, modifiedAt, ...record }: GroupRecord): GroupType {
    return {
      ...record,
      UserPoolId: pool.id,
      CreationDate: new Date(createdAt),
      LastModifiedDate: new Date(modifiedAt),
    }
  }

  function createGroup(input: CreateGroupRequest): CreateGroupResponse {
    const pool = pools.pool(input.UserPoolId)
    const GroupName = required('GroupName', input.GroupName)
    if (!/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(GroupName))
      throw invalidParameter(`'${GroupName}' is not a name for a group`)
    if (groups.get(`${pool.id}/${GroupName}`))
      throw cognitoError('GroupExistsException', 'A group with the name already exists.')
    const { Description, RoleArn, Precedence } = input
    const now = context.clock.now()
    const made = { GroupName, Description, RoleArn, Precedence, createdAt: now, modifiedAt: now }
    groups.put(`${pool.id}/${GroupName}`, made)
    return { Group: describe(pool, made) }
  }

  function deleteGroup(input: DeleteGroupRequest): void {
    const pool = pools.pool(input.UserPoolId)
    const { GroupName } = group(pool, input.GroupName)
    context.store.transaction(() => {
      groups.delete(`${pool.id}/${GroupName}`)
      for (const member of users.list(pool))
        if (member.groups.includes(GroupName))
          users.update(pool, member, user => {
            user.groups = user.groups.filter(name => name !== GroupName)
          })
    })
  }

  function listGroups(input: ListGroupsRequest): ListGroupsResponse {
    const pool = pools.pool(input.UserPoolId)
    const all = groups.list(`${pool.id}/`)
    const { items, next } = page(all, record => record.GroupName, input.Limit, input.NextToken)
    return { Groups: items.map(record => describe(pool, record)), NextToken: next }
  }

  function listGroupsForUser(input: AdminListGroupsForUserRequest): AdminListGroupsForUserResponse {
    const pool = pools.pool(input.UserPoolId)
    const names = [...users.get(pool, required('Username', input.Username)).groups].sort()
    const { items, next } = page(names, name => name, input.Limit, input.NextToken)
    return { Groups: items.map(name => describe(pool, group(pool, name))), NextToken: next }
  }

  function listUsersInGroup(input: ListUsersInGroupRequest): ListUsersInGroupResponse {
    const pool = pools.pool(input.UserPoolId)
    const { GroupName } = group(pool, input.GroupName)
    const members = users.list(pool).filter(user => user.groups.includes(GroupName))
    const { items, next } = page(members, user => user.username, input.Limit, input.NextToken)
    return { Users: items.map(user => describeUser(user)), NextToken: next }
  }

  function setMember(
    input: AdminAddUserToGroupRequest | AdminRemoveUserFromGroupRequest,
    member: boolean,
  ): object {
    const pool = pools.pool(input.UserPoolId)
    const { GroupName } = group(pool, input.GroupName)
    users.update(pool, users.get(pool, required('Username', input.Username)), user => {
      const others = user.groups.filter(name => name !== GroupName)
      user.groups = member ? [...others, GroupName] : others
    })
    return {}
  }

  return {
    CreateGroup: createGroup,
    GetGroup: (input: GetGroupRequest): GetGroupResponse => {
      const pool = pools.pool(input.UserPoolId)
      return { Group: describe(pool, group(pool, input.GroupName)) }
    },
    DeleteGroup: deleteGroup,
    ListGroups: listGroups,
    AdminListGroupsForUser: listGroupsForUser,
    ListUsersInGroup: listUsersInGroup,
    AdminAddUserToGroup: (input: AdminAddUserToGroupRequest) => setMember(input, true),
    AdminRemoveUserFromGroup: (input: AdminRemoveUserFromGroupRequest) => setMember(input, false),
  }
}
