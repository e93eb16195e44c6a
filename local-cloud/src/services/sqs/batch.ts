import type { BatchResultErrorEntry } from '@aws-sdk/client-sqs'
import { AwsError } from '../../core/aws-error.ts'
import { QUERY_ERROR_CODES, sqsError } from './sqs-errors.ts'

/** Most entries of a batch (SQS quotas). */
const MOST = 10

/**
 * Runs one entry after the other; an entry that is refused stands under `Failed`, the others go on.
 * @throws AwsError for a batch that is itself wrong: empty, too long, ids bad or not distinct
 */
export function eachEntry<Entry extends { Id: string | undefined }, Done>(
  entries: Entry[] | undefined,
  run: (entry: Entry) => Done,
): { Successful: Done[]; Failed: BatchResultErrorEntry[] } {
  if (!entries || entries.length === 0)
    throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > MOST)
    throw sqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MOST}. You have sent ${entries.length}.`,
    )
  const ids = entries.map(entry => entry.Id ?? '')
  if (!ids.every(id => /^[\w-]{1,80}$/.test(id)))
    throw sqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    )
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index)
  if (repeated !== undefined) throw sqsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`)

  const Successful: Done[] = []
  const Failed: BatchResultErrorEntry[] = []
  for (const entry of entries) {
    try {
      Successful.push(run(entry))
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      const code = QUERY_ERROR_CODES[error.code] ?? error.code
      Failed.push({ Id: entry.Id, SenderFault: error.status < 500, Code: code, Message: error.message })
    }
  }
  return { Successful, Failed }
}
