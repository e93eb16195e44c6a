import { expect, test } from 'vitest'
import { createGoodTokens } from './good-tokens.ts'

test('a token is good for a minute, and never beyond its expiry; the oldest make room', () => {
  let now = 1_000_000
  const tokens = createGoodTokens(() => now)
  tokens.keep('long', { id: 'a' }, now + 3_600_000)
  tokens.keep('short', { id: 'b' }, now + 5_000)
  expect(tokens.find('long')).toEqual({ id: 'a' })
  expect(tokens.find('other')).toBeUndefined()
  now += 5_000
  expect(tokens.find('short')).toBeUndefined()
  expect(tokens.find('long')).toEqual({ id: 'a' })
  for (let i = 0; i < 10_000; i++) tokens.keep(`t${i}`, { id: 'c' }, now + 9_000)
  expect(tokens.find('long')).toBeUndefined()
  expect(tokens.find('t9999')).toEqual({ id: 'c' })
  now += 60_000
  expect(tokens.find('t9999')).toBeUndefined()
})
