import { expect, test } from 'vitest'
import { tally } from './rebuild.ts'

const line = (fields: object) => JSON.stringify(fields)
const compared = (id: string, same: number, changed = 0, removed = 0) =>
  line({ event: 'rebuild compared', upload_id: id, same, changed, removed })

test('a run is over when each user that it was spread to has been compared, once', () => {
  const spread = line({ event: 'rebuild spread', count: 2 })
  expect(tally([compared('a', 5)], undefined).expected).toBeUndefined()
  expect(tally([spread, compared('a', 5), compared('a', 6), 'not json'], undefined)).toMatchObject({
    expected: 2,
    done: 1,
  })
  expect(tally([spread, compared('a', 5, 1), compared('b', 7, 0, 2)], undefined)).toEqual({
    expected: 2,
    done: 2,
    same: 12,
    changed: 1,
    removed: 2,
  })
  expect(tally([compared('a', 5)], 1)).toMatchObject({ expected: 1, done: 1 })
})
