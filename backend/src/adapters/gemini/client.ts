import { setTimeout as sleep } from 'node:timers/promises'
import type { WordingReason } from '../../domain/insights/insight.ts'

/** https://ai.google.dev/api/generate-content */
export interface GenerateRequest {
  systemInstruction: { parts: { text: string }[] }
  contents: { role: 'user' | 'model'; parts: { text: string }[] }[]
  generationConfig: {
    temperature: number
    maxOutputTokens: number
    responseMimeType: 'application/json'
    responseJsonSchema: object
  }
}

/** `model`: what the model that answered calls itself, where it says so. */
export type Generated = { ok: true; text: string; model?: string } | { ok: false; reason: WordingReason }

export interface GeminiOptions {
  baseUrl: string
  apiKey: string
  model: string
  fetch: typeof fetch
  /** Between 0 and 1. */
  random: () => number
  /** Waits so many milliseconds. @default a timer */
  wait?: (ms: number) => Promise<unknown>
  /** Limit of one attempt, in milliseconds. @default 10000 */
  timeoutMs?: number
  /** Attempts in all. @default 3 */
  attempts?: number
}

/** Google's Developer API, under which no business associate agreement can be had. */
export const DEVELOPER_API = 'https://generativelanguage.googleapis.com'

/** Longest answer that is read; what was asked for is a few hundred words. */
const MAX_BYTES = 256 * 1024

/**
 * Asks Gemini once, by REST: tried again, with jitter, on 429, 5xx and a lost connection, never for a bad answer.
 * @param deadline when to give up on all attempts together
 */
export async function generate(
  options: GeminiOptions,
  request: GenerateRequest,
  deadline: AbortSignal,
): Promise<Generated> {
  const wait = options.wait ?? (ms => sleep(ms))
  const attempts = options.attempts ?? 3
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(options, request, deadline)
    if (outcome.ok) return outcome
    if (!outcome.retry || attempt >= attempts) return failed(outcome.reason)
    // Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
    const backoff = options.random() * 500 * 2 ** attempt
    await wait(Math.max(backoff, Math.min(outcome.retryAfterMs ?? 0, 5000)))
    if (deadline.aborted) return failed('gemini_timeout')
  }
}

type Attempt = Generated & { retry?: boolean; retryAfterMs?: number }

async function attemptOnce(
  options: GeminiOptions,
  request: GenerateRequest,
  deadline: AbortSignal,
): Promise<Attempt> {
  const { baseUrl, model, apiKey } = options
  try {
    const response = await options.fetch(`${baseUrl}/v1beta/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': apiKey },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: AbortSignal.any([deadline, AbortSignal.timeout(options.timeoutMs ?? 10_000)]),
    })
    const body = await readLimited(response)
    if (response.ok) return body === undefined ? failed('gemini_invalid_answer') : readAnswer(body)
    const retryAfterMs = 1000 * Number(response.headers.get('retry-after') ?? 0) || 0
    if (response.status === 429) return { ...failed('gemini_rate_limited'), retry: true, retryAfterMs }
    if (response.status >= 500) return { ...failed('gemini_unavailable'), retry: true, retryAfterMs }
    return failed('gemini_refused_request')
  } catch (error) {
    // A slow answer is not asked for again: the person waits, and the next one would be as slow.
    if ((error as Error).name === 'TimeoutError') return failed('gemini_timeout')
    return { ...failed('gemini_unavailable'), retry: true }
  }
}

function failed(reason: WordingReason): { ok: false; reason: WordingReason } {
  return { ok: false, reason }
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

interface Answer {
  candidates?: { content?: { parts?: { text?: unknown; thought?: boolean }[] }; finishReason?: string }[]
  promptFeedback?: { blockReason?: string }
  modelVersion?: unknown
}

/** The text of a candidate that came to its own end; any other finish reason is a refusal. */
function readAnswer(body: string): Attempt {
  let answer: Answer
  try {
    answer = JSON.parse(body) as Answer
  } catch {
    return failed('gemini_invalid_answer')
  }
  if (answer?.promptFeedback?.blockReason) return failed('gemini_blocked')
  const candidate = answer?.candidates?.[0]
  if (candidate?.finishReason === 'MAX_TOKENS') return failed('gemini_truncated')
  if (!candidate?.finishReason) return failed('gemini_invalid_answer')
  if (candidate.finishReason !== 'STOP') return failed('gemini_blocked')
  const parts = candidate.content?.parts
  const texts = Array.isArray(parts) ? parts.filter(part => !part.thought).map(part => part.text) : []
  const text = texts.filter(part => typeof part === 'string').join('')
  if (!text) return failed('gemini_invalid_answer')
  const model = typeof answer.modelVersion === 'string' ? answer.modelVersion.slice(0, 100) : undefined
  return { ok: true, text, model }
}
