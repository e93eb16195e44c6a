import { randomInt } from 'node:crypto'
import type { GetRandomPasswordRequest, GetRandomPasswordResponse } from '@aws-sdk/client-secrets-manager'
import { invalidParameter } from './model.ts'

const SETS = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}
/** Length asked for by nobody, and the longest (Secrets Manager API reference). */
const LENGTH = { usual: 32, most: 4096 }

/** A random password of the kinds of characters wanted, one of each at least unless told otherwise. */
export function randomPassword(input: GetRandomPasswordRequest): GetRandomPasswordResponse {
  const length = Number(input.PasswordLength ?? LENGTH.usual)
  const without = new Set(input.ExcludeCharacters ?? '')
  const kinds = [
    input.ExcludeLowercase ? '' : SETS.lower,
    input.ExcludeUppercase ? '' : SETS.upper,
    input.ExcludeNumbers ? '' : SETS.digits,
    input.ExcludePunctuation ? '' : SETS.punctuation,
    input.IncludeSpace ? ' ' : '',
  ]
    .map(set => [...set].filter(character => !without.has(character)))
    .filter(set => set.length > 0)
  if (kinds.length === 0) throw invalidParameter('The password would have no characters to choose from.')
  const one = input.RequireEachIncludedType === false ? [] : kinds.map(pick)
  if (!(length >= Math.max(1, one.length) && length <= LENGTH.most))
    throw invalidParameter(
      `PasswordLength ${length} must be between ${Math.max(1, one.length)} and ${LENGTH.most}.`,
    )
  const all = kinds.flat()
  const characters = [...one, ...Array.from({ length: length - one.length }, () => pick(all))]
  for (let at = characters.length - 1; at > 0; at--) {
    const other = randomInt(at + 1)
    ;[characters[at], characters[other]] = [characters[other] as string, characters[at] as string]
  }
  return { RandomPassword: characters.join('') }
}

function pick(set: string[]): string {
  return set[randomInt(set.length)] as string
}
