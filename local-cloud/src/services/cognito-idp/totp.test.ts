import { expect, test } from 'vitest'
import { fromBase32, matchingStep, newSecret, stepAt, toBase32, totpCode } from './totp.ts'

test.each([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('RFC 6238, appendix B: %i s gives %s', (seconds, code) => {
  expect(totpCode(Buffer.from('12345678901234567890'), stepAt(seconds * 1000), 8)).toBe(code)
})

test.each([
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('RFC 4648 base32: %s is %s', (text, encoded) => {
  expect(toBase32(Buffer.from(text))).toBe(encoded)
  expect(fromBase32(encoded).toString()).toBe(text)
})

test('takes the code of a step before or after, and no further', () => {
  const secret = newSecret()
  const now = 1_790_000_000_000
  const at = (steps: number) => matchingStep(secret, totpCode(fromBase32(secret), stepAt(now) + steps), now)
  expect([-1, 0, 1].map(at)).toEqual([-1, 0, 1].map(steps => stepAt(now) + steps))
  expect([-2, 2].map(at)).toEqual([undefined, undefined])
  expect(matchingStep(secret, 'abcdef', now)).toBeUndefined()
})
