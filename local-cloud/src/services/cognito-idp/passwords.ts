import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordPolicyType } from '@aws-sdk/client-cognito-identity-provider'
import { cognitoError } from './cognito-errors.ts'
import type { PasswordRecord, PoolRecord } from './records.ts'
import { makeVerifier } from './srp.ts'

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt)
/** Node's own defaults: 16 MiB and some 40 ms, off the main thread. */
const COST = { N: 16_384, r: 8, p: 1 }
const LONGEST = 256
/** The symbols that Cognito counts; a space does within the password. */
const SYMBOL = /[\^$*.[\]{}()?\-"!@#%&/\\,><':;|_~`+= ]/

/** The policy of a pool that named none. */
export const DEFAULT_POLICY: PasswordPolicyType = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 7,
}

/** @throws AwsError `InvalidPasswordException` saying the first rule that the password breaks */
export function checkPolicy(pool: PoolRecord, password: string): void {
  const policy = pool.settings.Policies?.PasswordPolicy ?? DEFAULT_POLICY
  const refuse = (rule: string) =>
    cognitoError('InvalidPasswordException', `Password did not conform with policy: ${rule}`)
  if (password.length < (policy.MinimumLength ?? 8)) throw refuse('Password not long enough')
  if (password.length > LONGEST) throw refuse(`Password must be at most ${LONGEST} characters`)
  if (policy.RequireUppercase && !/[A-Z]/.test(password))
    throw refuse('Password must have uppercase characters')
  if (policy.RequireLowercase && !/[a-z]/.test(password))
    throw refuse('Password must have lowercase characters')
  if (policy.RequireNumbers && !/\d/.test(password)) throw refuse('Password must have numeric characters')
  if (policy.RequireSymbols && !SYMBOL.test(password.trim()))
    throw refuse('Password must have symbol characters')
  if (password !== password.trim()) throw refuse('Password must not begin or end with a space')
}

/** A password as it is kept: a scrypt hash for sign-in by password, a verifier for sign-in by SRP. */
export async function hashPassword(
  pool: PoolRecord,
  username: string,
  password: string,
  expires?: number,
): Promise<PasswordRecord> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, 32, COST)
  const identity = { poolName: pool.id.split('_')[1] as string, userId: username }
  return {
    salt: salt.toString('base64'),
    hash: hash.toString('base64'),
    ...makeVerifier(identity, password),
    expires,
  }
}

/** Compares; takes as long for a user who does not exist or has no password. */
export async function matchesPassword(
  record: PasswordRecord | undefined,
  password: string,
): Promise<boolean> {
  const salt = record ? Buffer.from(record.salt, 'base64') : randomBytes(16)
  const hash = await derive(password.slice(0, LONGEST + 1), salt, 32, COST)
  return record !== undefined && timingSafeEqual(hash, Buffer.from(record.hash, 'base64'))
}

/** A temporary password that every policy accepts, of at least the pool's length. */
export function makeTemporaryPassword(pool: PoolRecord): string {
  const sets = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789', '!@#%&*?']
  const length = Math.max(12, pool.settings.Policies?.PasswordPolicy?.MinimumLength ?? 8)
  const characters = Array.from({ length }, (_, i) => pick(sets[i] ?? sets.join('')))
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[characters[i], characters[j]] = [characters[j] as string, characters[i] as string]
  }
  return characters.join('')
}

function pick(set: string): string {
  return set[randomInt(set.length)] as string
}
