import { randomUUID } from 'node:crypto'
import type { ServiceContext } from '../../core/service.ts'
import { cognitoError, userNotFound } from './cognito-errors.ts'
import type { PasswordRecord, PoolRecord, UserRecord, UserStatus } from './records.ts'

/** The users of all pools, found by their names, whatever a pool lets them be called by. */
export interface Users {
  /** By user name, or by an email, phone number or preferred user name that the pool accepts. */
  find(pool: PoolRecord, name: string): UserRecord | undefined
  /** @throws AwsError `UserNotFoundException` */
  get(pool: PoolRecord, name: string | undefined): UserRecord
  /** Who signs in by this attribute's value. */
  owner(pool: PoolRecord, attribute: string, value: string): UserRecord | undefined
  create(pool: PoolRecord, user: NewUser): UserRecord
  /**
   * Changes a user as it is now, not as it was when the request came: others may have changed it meanwhile.
   * @throws AwsError `UserNotFoundException` where it is gone, `AliasExistsException` where a name is taken
   */
  update(pool: PoolRecord, user: UserRecord, change: (user: UserRecord) => void): UserRecord
  delete(pool: PoolRecord, user: UserRecord): void
  list(pool: PoolRecord): UserRecord[]
}

export interface NewUser {
  username: string
  attributes: Record<string, string>
  status: UserStatus
  password?: PasswordRecord
}

export function createUsers({ store, clock }: ServiceContext): Users {
  const users = store.collection<UserRecord>('cognito-idp', 'user')
  /** `pool/attribute/value` to the user name. */
  const names = store.collection<string>('cognito-idp', 'user-name')
  const key = (pool: PoolRecord, username: string) => `${pool.id}/${fold(pool, username)}`

  function owner(pool: PoolRecord, attribute: string, value: string): UserRecord | undefined {
    const username = names.get(`${pool.id}/${attribute}/${fold(pool, value)}`)
    return username === undefined ? undefined : users.get(key(pool, username))
  }

  function find(pool: PoolRecord, name: string): UserRecord | undefined {
    const direct = users.get(key(pool, name))
    if (direct) return direct
    for (const attribute of signInAttributes(pool)) {
      const found = owner(pool, attribute, name)
      if (found) return found
    }
    return undefined
  }

  function get(pool: PoolRecord, name: string | undefined): UserRecord {
    const user = name ? find(pool, name) : undefined
    if (!user) throw userNotFound()
    return user
  }

  /** Keeps the index of sign-in names as the user's attributes are now. */
  function index(pool: PoolRecord, before: UserRecord | undefined, after: UserRecord | undefined): void {
    for (const attribute of signInAttributes(pool)) {
      const [old, now] = [signInName(pool, before, attribute), signInName(pool, after, attribute)]
      if (old === now) continue
      if (now !== undefined) {
        const other = owner(pool, attribute, now)
        if (other && other.username !== after?.username)
          throw cognitoError('AliasExistsException', `An account with the given ${attribute} already exists.`)
        names.put(`${pool.id}/${attribute}/${now}`, (after as UserRecord).username)
      }
      if (old !== undefined) names.delete(`${pool.id}/${attribute}/${old}`)
    }
  }

  function create(pool: PoolRecord, made: NewUser): UserRecord {
    const now = clock.now()
    const sub = isUuid(made.username) ? made.username : randomUUID()
    const user: UserRecord = {
      ...made,
      poolId: pool.id,
      sub,
      attributes: { ...made.attributes, sub },
      enabled: true,
      createdAt: now,
      modifiedAt: now,
      groups: [],
      codes: {},
      tries: {},
      failures: { count: 0, last: 0, lockedUntil: 0 },
      totpEnabled: false,
      totpPreferred: false,
    }
    store.transaction(() => {
      index(pool, undefined, user)
      users.put(key(pool, user.username), user)
    })
    return user
  }

  function update(pool: PoolRecord, stale: UserRecord, change: (user: UserRecord) => void): UserRecord {
    return store.transaction(() => {
      const user = users.get(key(pool, stale.username))
      if (!user || user.sub !== stale.sub) throw userNotFound()
      const before = structuredClone(user)
      change(user)
      index(pool, before, user)
      users.put(key(pool, user.username), user)
      return user
    })
  }

  return {
    find,
    get,
    owner,
    create,
    update,
    delete: (pool, user) =>
      store.transaction(() => {
        index(pool, users.get(key(pool, user.username)), undefined)
        users.delete(key(pool, user.username))
      }),
    list: pool => users.list(`${pool.id}/`),
  }

  function signInName(pool: PoolRecord, user: UserRecord | undefined, attribute: string): string | undefined {
    const value = user?.attributes[attribute]
    if (value === undefined) return undefined
    // an alias signs in only once it is verified; a user name attribute always does
    const asUsername = (pool.settings.UsernameAttributes as string[] | undefined)?.includes(attribute)
    const verified =
      attribute === 'preferred_username' || user?.attributes[`${attribute}_verified`] === 'true'
    return asUsername || verified ? fold(pool, value) : undefined
  }
}

/** The attributes besides the user name that users of the pool sign in by. */
export function signInAttributes(pool: PoolRecord): string[] {
  return [...(pool.settings.UsernameAttributes ?? []), ...(pool.settings.AliasAttributes ?? [])]
}

function fold(pool: PoolRecord, name: string): string {
  return pool.settings.UsernameConfiguration?.CaseSensitive === false ? name.toLowerCase() : name
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
