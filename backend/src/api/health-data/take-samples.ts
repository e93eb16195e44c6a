import type { Upload } from '../../domain/upload.ts'
import { dependency, type IntakeDeps, takeIn } from '../upload-intake.ts'

/**
 * Stores a batch of good samples as a raw envelope, and takes it in as an upload.
 * @param given `body`: the samples as JSON; `contentHash` of what was sent; `refused`: what of it was bad, and why
 */
export async function takeSamples(
  deps: IntakeDeps,
  given: {
    userId: string
    contentHash: string
    body: string
    refused?: readonly { type: string; code: string }[]
    now: number
  },
): Promise<Upload> {
  const { userId, contentHash, body, refused = [], now } = given
  const receivedAt = new Date(now).toISOString()
  const key = `raw/${userId}/${contentHash}`
  const envelope = Buffer.from(
    `{"user_id":${JSON.stringify(userId)},"received_at":"${receivedAt}","samples":${body}${
      refused.length > 0 ? `,"refused":${JSON.stringify(refused)}` : ''
    }}`,
  )
  await dependency(deps, 'bucket', () => deps.raw.putOnce(key, envelope, 'application/json'))
  return takeIn(deps, { userId, contentHash, kind: 'samples', key, receivedAt })
}
