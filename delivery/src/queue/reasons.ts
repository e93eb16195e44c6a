/** What the worker wrote of the last attempt at a message. */
export interface Told {
  /** `upload not processed: TimeoutError (http 503)`: the event, and the error's type and codes. */
  reason: string
  upload?: string
}

interface Line {
  level?: unknown
  event?: unknown
  message_id?: unknown
  upload_id?: unknown
  reason?: unknown
  error?: {
    type?: unknown
    code?: unknown
    http_status?: unknown
    cause?: { type?: unknown; code?: unknown }
  }
}

/**
 * The last complaint about each message in the worker's log, by message id. The log holds allow-listed fields alone, and
 * of an error its type and codes and never its text, so that no health data can come this way.
 * @param lines the oldest first; what is not JSON is passed over
 */
export function reasonsIn(lines: string[]): Map<string, Told> {
  const found = new Map<string, Told>()
  for (const text of lines) {
    const line = parse(text)
    if (!line || typeof line.message_id !== 'string' || line.level !== 'error') continue
    found.set(line.message_id, {
      reason: words(line),
      upload: typeof line.upload_id === 'string' ? line.upload_id : undefined,
    })
  }
  return found
}

function words({ event, reason, error }: Line): string {
  const codes = [error?.code, error?.http_status && `http ${error.http_status}`, error?.cause?.code].filter(
    Boolean,
  )
  const cause = [reason, error?.type, codes.length > 0 && `(${codes.join(', ')})`].filter(Boolean).join(' ')
  return [event, cause].filter(Boolean).join(': ')
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
