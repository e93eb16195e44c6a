import { afterAll, describe, expect, test } from 'vitest'
import { SUITES } from './suites.ts'
import { openOther, openOurs } from './target.ts'

/**
 * What AWS's documentation says, asked of this cloud, or of another endpoint:
 * `CLARITY_CONFORMANCE_ENDPOINT=http://127.0.0.1:5000 vitest run local-cloud/conformance`
 */
const elsewhere = process.env.CLARITY_CONFORMANCE_ENDPOINT
const { target, close } = elsewhere ? openOther(elsewhere) : await openOurs()
afterAll(close)

for (const { service, cases } of SUITES)
  describe(service, () => {
    for (const { says, page, skip, run } of cases(target))
      test.skipIf(skip)(says, { annotate: page } as object, async () => {
        await run()
        expect(skip).toBeUndefined()
      })
  })
