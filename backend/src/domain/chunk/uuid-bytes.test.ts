import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createUuidSet } from './uuid-bytes.ts'

/** UUIDs of few different words each, so that places and words meet. */
function uuid(index: number): string {
  const h = createHash('md5')
    .update(String(index % 3000))
    .digest('hex')
  const [a, b] = [h.slice(0, 4), index % 2 ? h.slice(0, 4) : '0000']
  return `${a}${b}-${b}-4${a.slice(1)}-8000-${h.slice(0, 8)}${b}`
}

test('tells what is new as a set of lower-case texts does', () => {
  const all = Array.from({ length: 9000 }, (_, i) => (i % 5 ? uuid(i) : uuid(i).toUpperCase()))
  const seen = new Set<string>()
  const isNew = createUuidSet(all.length)
  for (const one of all) {
    const id = one.toLowerCase()
    expect(isNew(one)).toBe(!seen.has(id))
    seen.add(id)
  }
  expect(seen.size).toBeGreaterThan(2000)
})
