import { AwsError } from '../core/aws-error.ts'
import type { Service } from '../core/service.ts'

/** Why a signature is refused, before it is said in the words of a service. */
export type SigningFault =
  | 'unknown-key'
  | 'wrong-token'
  | 'expired-token'
  | 'mismatch'
  | 'skewed'
  | 'incomplete'
  | 'missing'

type Told = [code: string, status: number]

/** S3, "List of error codes": https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const S3: Record<SigningFault, Told> = {
  'unknown-key': ['InvalidAccessKeyId', 403],
  'wrong-token': ['InvalidToken', 400],
  'expired-token': ['ExpiredToken', 400],
  mismatch: ['SignatureDoesNotMatch', 403],
  skewed: ['RequestTimeTooSkewed', 403],
  incomplete: ['AuthorizationHeaderMalformed', 400],
  missing: ['AccessDenied', 403],
}
/** JSON: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const JSON_SERVICES: Record<SigningFault, Told> = {
  'unknown-key': ['UnrecognizedClientException', 400],
  'wrong-token': ['UnrecognizedClientException', 400],
  'expired-token': ['ExpiredTokenException', 400],
  mismatch: ['InvalidSignatureException', 400],
  skewed: ['InvalidSignatureException', 400],
  incomplete: ['IncompleteSignatureException', 400],
  missing: ['MissingAuthenticationTokenException', 400],
}
/** Query: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const QUERY: Record<SigningFault, Told> = {
  'unknown-key': ['InvalidClientTokenId', 403],
  'wrong-token': ['InvalidClientTokenId', 403],
  'expired-token': ['ExpiredToken', 403],
  mismatch: ['SignatureDoesNotMatch', 403],
  skewed: ['SignatureDoesNotMatch', 403],
  incomplete: ['IncompleteSignature', 400],
  missing: ['MissingAuthenticationToken', 403],
}
/** EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const EC2: Record<SigningFault, Told> = {
  ...QUERY,
  'unknown-key': ['AuthFailure', 401],
  'wrong-token': ['AuthFailure', 401],
  'expired-token': ['RequestExpired', 400],
  skewed: ['RequestExpired', 400],
}

/** A signature that does not hold; `toldBy` makes it the error of a service. */
export class SigningError extends Error {
  readonly fault: SigningFault

  constructor(fault: SigningFault, message: string) {
    super(message)
    this.fault = fault
  }

  /** Services that moved from query to JSON (SQS, CloudWatch) keep the names of query. */
  toldBy(service: Service): AwsError {
    const [code, status] = wordsOf(service)[this.fault]
    return new AwsError(code, this.message, status)
  }
}

function wordsOf(service: Service): Record<SigningFault, Told> {
  if (service.protocol === 'rest') return S3
  if (service.protocol === 'ec2') return EC2
  return service.protocol === 'json' && !service.queryErrorCodes ? JSON_SERVICES : QUERY
}
