import { setTimeout as sleep } from 'node:timers/promises'
import type { Circuit } from './circuit.ts'
import type { Route } from './route.ts'
import { failed, type Generated, type GenerateRequest, readAnswer, retryDelay } from './wire.ts'

export interface ClientOptions {
  route: Route
  fetch: typeof fetch
  circuit: Circuit
  /** Between 0 and 1. */
  random: () => number
  /** Milliseconds of a clock that never goes back. @default performance.now */
  now?: () => number
  /** Waits so many milliseconds. @default a timer */
  wait?: (ms: number) => Promise<unknown>
  /** Limit of one attempt, in milliseconds. @default none but the budget */
  timeoutMs?: number
  /** Attempts in all. @default 3 */
  attempts?: number
}

/** Until when an answer is of use. */
export interface Budget {
  signal: AbortSignal
  /** Milliseconds that are left. */
  left(): number
}

export function budgetOf(ms: number, now: () => number = () => performance.now()): Budget {
  const end = now() + ms
  return { signal: AbortSignal.timeout(ms), left: () => end - now() }
}

/** Longest time, in milliseconds, that a refusal may keep this process from asking. */
const LONGEST_REST_MS = 60_000

/** Longest answer that is read; what was asked for is a few hundred words. */
const MAX_BYTES = 256 * 1024

/**
 * Asks Gemini once, by REST: tried again, with jitter, on 429, 5xx and a lost connection, within the budget, and not
 * before Gemini said to; never for a bad answer, and not at all while its circuit is open.
 */
export async function generate(
  options: ClientOptions,
  request: GenerateRequest,
  budget: Budget,
): Promise<Generated> {
  const wait = options.wait ?? (ms => sleep(ms))
  const attempts = options.attempts ?? 3
  for (let attempt = 1; ; attempt++) {
    if (!options.circuit.allows()) return failed('gemini_circuit_open')
    const outcome = await attemptOnce(options, request, budget)
    if (outcome.ok) {
      options.circuit.succeeded()
      return outcome
    }
    // Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    const asked = outcome.retryAfterMs ?? 0
    const pause = Math.max(options.random() * 250 * 2 ** attempt, asked)
    const again = outcome.retry && attempt < attempts && pause < budget.left()
    // It will not answer sooner, whoever asks.
    if (outcome.unwell) options.circuit.failed(again ? 0 : Math.min(asked, LONGEST_REST_MS))
    else options.circuit.succeeded()
    if (!again) return failed(outcome.reason)
    await wait(pause)
    if (budget.signal.aborted) return failed('gemini_timeout')
  }
}

/** `unwell`: a failure that says something of the service rather than of the request. */
type Attempt = Generated & { retry?: boolean; unwell?: boolean; retryAfterMs?: number }

async function attemptOnce(
  options: ClientOptions,
  request: GenerateRequest,
  budget: Budget,
): Promise<Attempt> {
  const { route, timeoutMs } = options
  if (!route.ok) return route
  try {
    const response = await options.fetch(route.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await route.headers()) },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: timeoutMs ? AbortSignal.any([budget.signal, AbortSignal.timeout(timeoutMs)]) : budget.signal,
    })
    const body = await readLimited(response)
    if (response.ok) return body === undefined ? failed('gemini_invalid_answer') : readAnswer(body)
    const trouble = {
      retry: true,
      unwell: true,
      retryAfterMs: retryDelay(body, response.headers.get('retry-after')),
    }
    if (response.status === 429) return { ...failed('gemini_rate_limited'), ...trouble }
    if (response.status >= 500) return { ...failed('gemini_unavailable'), ...trouble }
    return failed('gemini_refused_request')
  } catch (error) {
    // A slow answer is not asked for again: the person waits, and the next one would be as slow.
    if ((error as Error).name === 'TimeoutError') return { ...failed('gemini_timeout'), unwell: true }
    return { ...failed('gemini_unavailable'), retry: true, unwell: true }
  }
}

async function readLimited(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
