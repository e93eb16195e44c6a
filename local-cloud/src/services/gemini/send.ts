import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Kind } from './behaviours.ts'
import type { GenerateRequest, Part, Reply } from './wire.ts'

export interface Usage {
  promptTokenCount: number
  candidatesTokenCount?: number
  totalTokenCount: number
}

/** Characters of a chunk of a stream, about. */
const CHUNK = 80

/** About four characters make a token, as Google says: https://ai.google.dev/gemini-api/docs/tokens */
export function tokensOf(value: unknown): number {
  return Math.ceil((typeof value === 'string' ? value : JSON.stringify(value ?? '')).length / 4)
}

export function usageOf(request: GenerateRequest, reply: Reply): Usage {
  const { contents, systemInstruction, tools } = request
  const promptTokenCount =
    tokensOf(texts(contents.flatMap(({ parts }) => parts))) +
    tokensOf(texts(systemInstruction?.parts)) +
    (tools ? tokensOf(tools) : 0)
  const candidatesTokenCount =
    reply.candidates?.[0]?.content && tokensOf(texts(reply.candidates[0].content.parts))
  return {
    promptTokenCount,
    ...(candidatesTokenCount !== undefined && { candidatesTokenCount }),
    totalTokenCount: promptTokenCount + (candidatesTokenCount ?? 0),
  }
}

function texts(parts: Part[] = []): string {
  return parts.map(part => part.text ?? JSON.stringify(part)).join('')
}

/** Ends the answer where the caller's own limit ends it, as the model does. */
export function limited(reply: Reply, maxOutputTokens = Number.POSITIVE_INFINITY): Reply {
  const candidate = reply.candidates?.[0]
  const parts = candidate?.content?.parts ?? []
  if (!candidate || tokensOf(texts(parts)) <= maxOutputTokens) return reply
  const text = texts(parts).slice(0, maxOutputTokens * 4)
  return {
    candidates: [{ ...candidate, content: { role: 'model', parts: [{ text }] }, finishReason: 'MAX_TOKENS' }],
  }
}

interface Sending {
  reply: Reply
  usage: Usage
  /** What the stand-in says that it is. */
  modelVersion: string
  stream: 'no' | 'sse' | 'array'
  transport?: Kind
}

/** Writes the answer, whole or in chunks, or what a misbehaviour makes of it. */
export function sendReply(response: ServerResponse, sending: Sending): void {
  const { stream, transport } = sending
  const answers = (stream === 'no' ? [sending.reply] : chunksOf(sending.reply)).map((reply, at, all) => ({
    ...reply,
    usageMetadata:
      at === all.length - 1 ? sending.usage : { ...sending.usage, candidatesTokenCount: undefined },
    modelVersion: sending.modelVersion,
    responseId: randomUUID().replaceAll('-', '').slice(0, 22),
  }))
  const type = stream === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8'
  const written =
    stream === 'sse'
      ? answers.map(answer => `data: ${JSON.stringify(answer)}\r\n\r\n`)
      : [JSON.stringify(stream === 'array' ? answers : answers[0])]
  response.setHeader('content-type', type)
  const body = written.join('')
  switch (transport) {
    case 'html':
      page(response)
      return
    case 'cut-connection':
      cutConnection(response, body)
      return
    case 'malformed':
      response.end(half(body))
      return
    case 'endless':
      response.end(`{"candidates":[{"content":"${'a '.repeat(524_288)}"}]}`)
      return
    default:
      for (const piece of written) response.write(piece)
      response.end()
  }
}

function chunksOf(reply: Reply): Reply[] {
  const candidate = reply.candidates?.[0]
  const parts = candidate?.content?.parts
  if (!candidate || !parts?.length) return [reply]
  const pieces = parts.flatMap(part =>
    part.text === undefined
      ? [part]
      : (part.text.match(new RegExp(`[^]{1,${CHUNK}}(?= |$)|[^]{1,${CHUNK}}`, 'g')) ?? ['']).map(text => ({
          text,
        })),
  )
  return pieces.map((piece, at) => ({
    candidates: [
      {
        content: { role: 'model', parts: [piece] },
        index: 0,
        ...(at === pieces.length - 1 && { finishReason: candidate.finishReason }),
      },
    ],
  }))
}

function page(response: ServerResponse): void {
  response.setHeader('content-type', 'text/html; charset=UTF-8')
  response.end('<!DOCTYPE html><title>Error 502 (Server Error)!!1</title><p>That’s an error.')
}

function cutConnection(response: ServerResponse, body: string): void {
  response.setHeader('content-length', Buffer.byteLength(body))
  response.write(half(body), () => response.destroy())
}

function half(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}
