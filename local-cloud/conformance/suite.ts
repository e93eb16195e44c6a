import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'

/** What a suite runs against: this cloud, or anything else that speaks AWS's protocols. */
export interface Target {
  /** Settings for any client of the AWS SDK for JavaScript v3: `new SQSClient(target.config)`. */
  config: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
    maxAttempts: number
  }
  /** The code last sent to an address by Cognito; absent where a target gives no way to read it. */
  codeFor?(address: string): Promise<string>
  /** A free port for a listener. */
  port(): Promise<number>
}

/** One thing that AWS's documentation says of a service, and how to see whether it holds. */
export interface Case {
  says: string
  /** The page that says so. */
  page: string
  /** Why the case cannot run against this target; absent where it can. */
  skip?: string
  run(): Promise<void>
}

/** The cases of one service. */
export interface Suite {
  service: string
  /** Makes the cases for a target; nothing is sent before a case runs. */
  cases(target: Target): Case[]
}

const DOCUMENTATION = 'https://docs.aws.amazon.com/'

/**
 * Makes cases whose pages lie below one folder of the documentation.
 * @param folder such as `AWSSimpleQueueService/latest/APIReference/`; a page that begins with `/` lies elsewhere
 */
export function casesOf(folder: string): (page: string, says: string, run: () => Promise<void>) => Case {
  return (page, says, run) => ({
    says,
    page: DOCUMENTATION + (page.startsWith('/') ? page.slice(1) : folder + page),
    run,
  })
}

/** A name that no earlier run has used: letters, digits and hyphens. */
export function freshName(what: string): string {
  return `${what}-${randomBytes(5).toString('hex')}`
}

/**
 * Asserts that a request is refused with AWS's code and HTTP status.
 * @param code of the service's API reference, or the name that the SDK gives the same error
 */
export async function refused(request: Promise<unknown>, code: string, status: number): Promise<void> {
  const error = await request.then(
    () => assert.fail(`expected ${code} (${status}), but the request was answered`),
    thrown => thrown as { name: string; message: string; $metadata?: { httpStatusCode?: number } },
  )
  if (error instanceof assert.AssertionError) throw error
  const told = { code: error.name, status: error.$metadata?.httpStatusCode }
  assert.deepEqual(told, { code, status }, `refused with ${told.code} (${told.status}): ${error.message}`)
}

/** Asserts that all of `part` stands in `whole`; lists must be as long. */
export function has(whole: unknown, part: unknown): void {
  assert.deepEqual(pick(whole, part), part)
}

/** What of `whole` has a place in `part`. */
function pick(whole: unknown, part: unknown): unknown {
  if (Array.isArray(part) && Array.isArray(whole)) return whole.map((item, at) => pick(item, part[at]))
  if (isRecord(part) && isRecord(whole))
    return Object.fromEntries(Object.entries(part).map(([key, wanted]) => [key, pick(whole[key], wanted)]))
  return whole
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Asks until the answer is right, a few times a second. @throws AssertionError after `seconds` */
export async function until<T>(
  ask: () => Promise<T>,
  right: (answer: T) => boolean,
  seconds = 10,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (right(answer)) return answer
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(answer)} after ${seconds} s`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
