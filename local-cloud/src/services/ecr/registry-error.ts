import { AwsError } from '../../core/aws-error.ts'

/** A refusal in the terms of the distribution specification: `{"errors":[{code, message}]}`. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly status: number
  /** A code of the specification, such as `NAME_UNKNOWN`. */
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

const CODES: Record<string, [status: number, code: string]> = {
  RepositoryNotFoundException: [404, 'NAME_UNKNOWN'],
  ImageNotFoundException: [404, 'MANIFEST_UNKNOWN'],
  LayersNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [400, 'MANIFEST_BLOB_UNKNOWN'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  InvalidParameterException: [400, 'MANIFEST_INVALID'],
}

/** The registry's word for a refusal of the AWS API or of the disk; undefined for what nobody expected. */
export function toRegistryError(error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error
  if (error instanceof AwsError) {
    const [status, code] = CODES[error.code] ?? [error.status, 'DENIED']
    return new RegistryError(status, code, error.message)
  }
  const { code, errcode } = error as NodeJS.ErrnoException & { errcode?: number }
  if (code === 'ENOSPC' || errcode === SQLITE_FULL)
    return new RegistryError(
      507,
      'UNAVAILABLE',
      'the disk of the local cloud is full; free some space and push again',
    )
  return undefined
}

/** What node:sqlite says when the disk is full: https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13
