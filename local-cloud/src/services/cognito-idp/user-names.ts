import { cognitoError, invalidParameter } from './cognito-errors.ts'
import type { PoolRecord } from './records.ts'
import type { Users } from './users.ts'

/**
 * How a new user is called. Where the pool takes an email address or phone number as user name, that becomes
 * an attribute, and the user name is the `sub` to be made (`username` undefined).
 * @throws AwsError `UsernameExistsException`, `InvalidParameterException`
 */
export function nameNewUser(
  pool: PoolRecord,
  users: Users,
  name: string,
  given: Record<string, string>,
): { username?: string; attributes: Record<string, string> } {
  if (!/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(name))
    throw invalidParameter('Username must be 1 to 128 letters, marks, symbols, numbers or punctuation')
  const by = (pool.settings.UsernameAttributes ?? []) as string[]
  if (by.length === 0) {
    if (users.find(pool, name)) throw exists('User already exists')
    const alias = (pool.settings.AliasAttributes ?? []) as string[]
    if (alias.includes('email') && name.includes('@'))
      throw invalidParameter(
        'Username cannot be of email format, since user pool is configured for email alias.',
      )
    return { username: name, attributes: given }
  }
  const attribute = by.includes('email') && name.includes('@') ? 'email' : 'phone_number'
  if (!by.includes(attribute) || (attribute === 'phone_number' && !/^\+\d{5,15}$/.test(name)))
    throw invalidParameter(
      by.includes('email') ? 'Username should be an email.' : 'Username should be a phone number.',
    )
  if (attribute === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(name))
    throw invalidParameter('Username should be an email.')
  const stated = given[attribute]
  if (stated !== undefined && stated.toLowerCase() !== name.toLowerCase())
    throw invalidParameter(`${attribute} in the attributes differs from the username`)
  if (users.owner(pool, attribute, name))
    throw exists(
      `An account with the given ${attribute === 'email' ? 'email' : 'phone_number'} already exists.`,
    )
  return { attributes: { ...given, [attribute]: name } }
}

function exists(message: string) {
  return cognitoError('UsernameExistsException', message)
}
