/** What the API answered that was not expected. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** The problem's stable type, where there was a problem body. */
  readonly type?: string

  constructor(what: string, status: number, body: { type?: string; detail?: string }) {
    super(`${what}: ${status}${body.detail ? ` ${body.detail}` : ''}`)
    this.status = status
    this.type = body.type
  }
}

/** A client of the public API, as a phone would be one. */
export interface ApiClient {
  register(email: string, password: string): Promise<void>
  /** Signs in; later calls carry the token. */
  login(email: string, password: string): Promise<void>
  /** Sends a request and returns its JSON. @throws ApiError for any status of 400 and above */
  send<T>(method: string, path: string, body?: unknown): Promise<T>
}

export function createApiClient(baseUrl: string): ApiClient {
  let token: string | undefined

  async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {}
    if (token) headers.authorization = `Bearer ${token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await fetch(baseUrl + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const json = (await answer.json().catch(() => ({}))) as T & { type?: string; detail?: string }
    if (!answer.ok) throw new ApiError(`${method} ${path}`, answer.status, json)
    return json
  }

  return {
    register: async (email, password) => {
      await send('POST', '/api/v1/auth/register', { email, password })
    },
    login: async (email, password) => {
      token = undefined
      token = (await send<{ access_token: string }>('POST', '/api/v1/auth/login', { email, password }))
        .access_token
    },
    send,
  }
}
