import { randomInt } from 'node:crypto'

export interface PasswordRules {
  length: number
  excludeCharacters: string
  excludeLowercase: boolean
  excludeNumbers: boolean
  excludePunctuation: boolean
  excludeUppercase: boolean
  includeSpace: boolean
  requireEachIncludedType: boolean
}

/** What `GenerateSecretString` means by punctuation (Secrets Manager API reference, GetRandomPassword). */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'

/**
 * A password from the system's randomness.
 * @throws Error when the rules leave no characters or more required kinds than characters
 */
export function randomPassword(rules: PasswordRules): string {
  const kinds = [
    rules.excludeLowercase ? '' : LOWERCASE,
    rules.excludeUppercase ? '' : LOWERCASE.toUpperCase(),
    rules.excludeNumbers ? '' : '0123456789',
    rules.excludePunctuation ? '' : PUNCTUATION,
    rules.includeSpace ? ' ' : '',
  ]
    .map(kind => [...kind].filter(one => !rules.excludeCharacters.includes(one)))
    .filter(kind => kind.length > 0)
  const all = kinds.flat()
  if (all.length === 0) throw new Error('GenerateSecretString excludes every character')
  if (rules.requireEachIncludedType && rules.length < kinds.length)
    throw new Error(`PasswordLength ${rules.length} is too short for one character of each type`)
  const pick = (from: string[]) => from[randomInt(from.length)] as string
  const required = rules.requireEachIncludedType ? kinds.map(pick) : []
  const password = [...required, ...Array.from({ length: rules.length - required.length }, () => pick(all))]
  for (let i = password.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[password[i], password[j]] = [password[j] as string, password[i] as string]
  }
  return password.join('')
}
