import { type Upload, uploadId } from '../../domain/upload.ts'
import { dependency, type IntakeDeps, takeIn } from '../upload-intake.ts'

/**
 * Takes in an import whose body is stored. Beside the body an envelope is left that names it, so that the bucket alone
 * says what came and when.
 */
export async function takeInImport(
  deps: IntakeDeps,
  given: { userId: string; contentHash: string; key: string; receivedAt: string },
): Promise<Upload> {
  const { userId, contentHash, key, receivedAt } = given
  const envelope = {
    user_id: userId,
    received_at: receivedAt,
    import: { key, upload_id: uploadId(userId, contentHash) },
  }
  await dependency(deps, 'bucket', () =>
    deps.raw.putOnce(
      `raw/${userId}/${contentHash}`,
      Buffer.from(JSON.stringify(envelope)),
      'application/json',
    ),
  )
  return takeIn(deps, { userId, contentHash, kind: 'import', key, receivedAt })
}
