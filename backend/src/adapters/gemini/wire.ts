import type { WordingReason } from '../../domain/insights/insight.ts'

/** https://ai.google.dev/api/generate-content */
export interface GenerateRequest {
  systemInstruction: { parts: { text: string }[] }
  contents: Content[]
  tools?: { functionDeclarations: readonly object[] }[]
  generationConfig: {
    temperature: number
    maxOutputTokens: number
    responseMimeType?: 'application/json'
    responseJsonSchema?: object
  }
}

export interface Content {
  role: 'user' | 'model'
  parts: Part[]
}

export interface Part {
  text?: string
  thought?: boolean
  functionCall?: FunctionCall
  functionResponse?: { id?: string; name: string; response: object }
}

export interface FunctionCall {
  id?: string
  name: string
  args?: unknown
}

/** What a model said, and what it wants called. */
export interface Said {
  text: string
  calls: FunctionCall[]
  /** As it came: Gemini wants its own turns back unchanged, signatures of thoughts included. */
  content: Content
  /** What the model that answered calls itself, where it says so. */
  model?: string
  /** As Google counts them. */
  tokens: { prompt: number; answer: number }
}

export type Generated = ({ ok: true } & Said) | { ok: false; reason: WordingReason }

interface Answer {
  candidates?: { content?: { parts?: Part[] }; finishReason?: string }[]
  promptFeedback?: { blockReason?: string }
  modelVersion?: unknown
  usageMetadata?: { promptTokenCount?: number; candidatesTokenCount?: number }
}

/** Reads an answer that came to its own end; any other finish reason is a refusal. */
export function readAnswer(body: string): Generated {
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
  const given = candidate.content?.parts
  const parts = Array.isArray(given) ? given.filter(part => part && typeof part === 'object') : []
  const text = parts.map(part => (!part.thought && typeof part.text === 'string' ? part.text : '')).join('')
  const calls = parts.flatMap(({ functionCall }) =>
    typeof functionCall?.name === 'string' ? [functionCall] : [],
  )
  if (!text && calls.length === 0) return failed('gemini_invalid_answer')
  const { promptTokenCount, candidatesTokenCount } = answer.usageMetadata ?? {}
  return {
    ok: true,
    text,
    calls,
    content: { role: 'model', parts },
    ...(typeof answer.modelVersion === 'string' && { model: answer.modelVersion.slice(0, 100) }),
    tokens: { prompt: Number(promptTokenCount) || 0, answer: Number(candidatesTokenCount) || 0 },
  }
}

/**
 * How long a refused client is asked to stay away, in milliseconds: `RetryInfo` in the body (https://google.aip.dev/194),
 * or else the header.
 */
export function retryDelay(body: string | undefined, header: string | null): number {
  const found = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body ?? '')?.[1]
  return 1000 * Number(found ?? header ?? 0) || 0
}

export function failed(reason: WordingReason): { ok: false; reason: WordingReason } {
  return { ok: false, reason }
}
