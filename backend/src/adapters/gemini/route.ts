import type { WordingReason } from '../../domain/insights/insight.ts'

/** How Gemini is reached, as configured. */
export interface GeminiSettings {
  /** `SKIP_EXTERNAL_SERVICES`: never call. */
  skip: boolean
  /** Key of the Developer API. */
  apiKey?: string
  model: string
  /** Another address than Google's own. */
  baseUrl?: string
  /** Whether a business associate agreement with Google covers Vertex AI. */
  baa: boolean
  /** Ask by Vertex AI, of this project and location. */
  vertex?: { project: string; location: string }
}

/** Gives OAuth access tokens for Google's APIs. */
export interface TokenProvider {
  /** A token that holds for a few minutes at least. Rejects where none can be had. */
  token(): Promise<string>
}

export type Route =
  | { ok: true; url: string; headers: () => Promise<Record<string, string>> }
  | { ok: false; reason: WordingReason }

/** Google's Developer API, under which no business associate agreement can be had. */
const DEVELOPER_API = 'https://generativelanguage.googleapis.com'

/**
 * The gate for protected health information. Facts about a person's health are that (45 CFR 160.103), and questions too,
 * so both leave only by Vertex AI, over TLS, and where the configuration says that an agreement covers it; or never
 * leave the machine, which the local cloud's stand-in does not ask for. The Developer API is closed whatever is configured.
 */
export function geminiRoute(settings: GeminiSettings, tokens?: TokenProvider): Route {
  const { skip, apiKey, model, baa, vertex } = settings
  if (skip) return { ok: false, reason: 'skip_external_services' }
  const base = new URL(settings.baseUrl ?? (vertex ? vertexApi(vertex.location) : DEVELOPER_API))
  if (vertex ? !tokens : !apiKey) return { ok: false, reason: 'no_api_key' }
  const covered = vertex !== undefined && baa && base.protocol === 'https:'
  if (!covered && !isLoopback(base)) return { ok: false, reason: 'phi_not_permitted' }
  const root = base.href.replace(/\/+$/, '')
  if (vertex && tokens) {
    const { project, location } = vertex
    return {
      ok: true,
      url: `${root}/v1/projects/${project}/locations/${location}/publishers/google/models/${model}:generateContent`,
      headers: async () => ({ authorization: `Bearer ${await tokens.token()}` }),
    }
  }
  return {
    ok: true,
    url: `${root}/v1beta/models/${model}:generateContent`,
    headers: async () => ({ 'x-goog-api-key': apiKey ?? '' }),
  }
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations */
function vertexApi(location: string): string {
  return location === 'global'
    ? 'https://aiplatform.googleapis.com'
    : `https://${location}-aiplatform.googleapis.com`
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost'
}
