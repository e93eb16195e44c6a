import type { ListUsersRequest, ListUsersResponse, UserType } from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import { attributeList } from './attributes.ts'
import { invalidParameter } from './cognito-errors.ts'
import { page } from './paging.ts'
import type { UserRecord } from './records.ts'
import type { World } from './world.ts'

/** The attributes that a filter may name. */
const SEARCHABLE = new Set([
  'username',
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'cognito:user_status',
  'status',
  'sub',
])

/** ListUsers, with its filter of one attribute: `email = "a@b.c"` or `email ^= "a"`. */
export function listUsersOperation({ pools, users }: World): Operation {
  return (input: ListUsersRequest): ListUsersResponse => {
    const pool = pools.pool(input.UserPoolId)
    const matches = readFilter(input.Filter)
    const found = users.list(pool).filter(matches)
    const { items, next } = page(found, user => user.username, input.Limit, input.PaginationToken)
    return {
      Users: items.map(user => describeUser(user, input.AttributesToGet)),
      PaginationToken: next,
    }
  }
}

export function describeUser(user: UserRecord, names?: string[]): UserType {
  return {
    Username: user.username,
    Attributes: attributeList(user.attributes, names),
    UserCreateDate: new Date(user.createdAt),
    UserLastModifiedDate: new Date(user.modifiedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
  }
}

function readFilter(filter: string | undefined): (user: UserRecord) => boolean {
  if (!filter) return () => true
  const parts = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter)
  if (!parts)
    throw invalidParameter(`Error while parsing filter '${filter}': it must look like email = "a@b.c"`)
  const [, name = '', operator, quoted = ''] = parts
  if (!SEARCHABLE.has(name))
    throw invalidParameter(`One or more of the attributes in the filter is not searchable: ${name}`)
  const wanted = quoted.replace(/\\(.)/g, '$1').toLowerCase()
  return user => {
    const value = readValue(user, name).toLowerCase()
    return operator === '=' ? value === wanted : value.startsWith(wanted)
  }
}

function readValue(user: UserRecord, name: string): string {
  if (name === 'username') return user.username
  if (name === 'cognito:user_status') return user.status
  if (name === 'status') return user.enabled ? 'Enabled' : 'Disabled'
  return user.attributes[name] ?? ''
}
