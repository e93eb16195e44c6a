import type { IncomingMessage, ServerResponse } from 'node:http'
import { notImplemented } from '../../core/aws-error.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { type Behaviour, ERRORS, REWRITES, type Rewrite } from './behaviours.ts'
import { createGeminiControl, type GeminiControl } from './control.ts'
import { GoogleError, invalidArgument, unimplemented } from './google-error.ts'
import { honestReply } from './honest.ts'
import { requireKey } from './keys.ts'
import { MAX_REQUEST, readRequest } from './read-request.ts'
import { limited, sendReply, usageOf } from './send.ts'

/** Under which path of the endpoint it answers: `GEMINI_BASE_URL=<endpoint>/_gemini`. */
const PREFIX = '/_gemini'

/**
 * A stand-in for Google's Gemini: `generateContent` and `streamGenerateContent` by the Developer API's and by Vertex
 * AI's paths. It is no model, and says so in `modelVersion`: it words the facts of the request by rules. See SPEC.md.
 */
export function createGemini(context: ServiceContext): Service {
  const control = createGeminiControl()
  return {
    name: 'gemini',
    protocol: 'rest',
    operations: {},
    handle: async () => {
      throw notImplemented('gemini', 'signed requests')
    },
    paths: [
      {
        matches: /^\/_gemini(\/|$)/,
        handle: async (request, response, { signal }) => {
          try {
            await answer(context, control, request, response, signal)
          } catch (error) {
            fail(context, response, error)
          }
        },
      },
    ],
  }
}

interface Route {
  model: string
  method: string
  vertex: boolean
}

async function answer(
  context: ServiceContext,
  control: GeminiControl,
  request: IncomingMessage,
  response: ServerResponse,
  signal: RequestContext['signal'],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const path = url.pathname.slice(PREFIX.length)
  if (path === '/behaviours') {
    response.setHeader('content-type', 'application/json')
    return void response.end(JSON.stringify(control.answer(request.method ?? '', await read(request))))
  }
  const route = routeOf(path)
  await requireKey(context, request, url, route.vertex)
  const behaviour = control.strike(route.model)
  const note = (status: number, finishReason?: string) =>
    control.note({
      model: route.model,
      method: route.method,
      status,
      finishReason,
      behaviour: behaviour?.kind,
    })
  try {
    const finishReason = await generate(route, url, behaviour, await read(request))
    note(200, finishReason)
  } catch (error) {
    note(error instanceof GoogleError ? error.code : 500)
    throw error
  }

  async function generate(
    { model, method }: Route,
    { searchParams }: URL,
    set: Behaviour | undefined,
    body: string,
  ): Promise<string | undefined> {
    if (set?.kind === 'dropped') {
      request.socket.destroy()
      return undefined
    }
    if (set?.kind === 'slow') await context.clock.sleep(set.delayMs ?? 1000, signal)
    const refuse = set && ERRORS[set.kind as keyof typeof ERRORS]
    if (refuse) throw refuse({ ...set, model })
    const asked = readRequest(body)
    const rewrite = set && (REWRITES as Record<string, Rewrite>)[set.kind]
    const honest = limited(honestReply(asked), asked.generationConfig?.maxOutputTokens)
    const reply = rewrite ? rewrite(honest, { ...set, model }) : honest
    sendReply(response, {
      reply,
      usage: usageOf(asked, reply),
      modelVersion: `clarity-stand-in-for-${model}`,
      stream: method === 'generateContent' ? 'no' : searchParams.get('alt') === 'sse' ? 'sse' : 'array',
      transport: set?.kind,
    })
    return reply.candidates?.[0]?.finishReason
  }
}

const DEVELOPER = /^\/v1(?:beta|alpha)?\/models\/([\w.-]+):(\w+)$/
const VERTEX =
  /^\/v1(?:beta1)?\/projects\/[\w.:-]+\/locations\/[a-z\d-]+\/publishers\/google\/models\/([\w.-]+):(\w+)$/
/** Names that Google gives to its models of this kind. */
const MODEL = /^gemini-\d[\w.-]*$/

function routeOf(path: string): Route {
  const developer = DEVELOPER.exec(path)
  const [, model = '', method = ''] = developer ?? VERTEX.exec(path) ?? []
  if (!model) throw unimplemented(`the path ${path}`)
  if (method !== 'generateContent' && method !== 'streamGenerateContent')
    throw unimplemented(`the method ${method}`)
  if (!MODEL.test(model))
    throw new GoogleError(
      404,
      'NOT_FOUND',
      `models/${model} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
    )
  return { model, method, vertex: !developer }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_REQUEST)
      throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function fail(context: ServiceContext, response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return void response.destroy()
  const known = error instanceof GoogleError
  if (!known) context.log('gemini', 'internal error', { error: (error as Error).stack })
  const told = known ? error : new GoogleError(500, 'INTERNAL', 'internal error; the cloud log tells more')
  response.writeHead(told.code, {
    'content-type': 'application/json; charset=UTF-8',
    ...(told.code === 401 && { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' }),
  })
  response.end(JSON.stringify(told))
}
