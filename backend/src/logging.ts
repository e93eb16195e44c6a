import { createHmac, randomBytes } from 'node:crypto'
import { type DestinationStream, destination, pino } from 'pino'
import { embedded, embeddedRequest, type Measured } from './metrics.ts'
import { currentTrace } from './trace.ts'

/**
 * Every field that may be in a log line, with the check it must pass. A field that is not here is dropped, a value
 * that fails its check is replaced by `dropped`: a log line cannot carry a body, an e-mail, a token or a measured value.
 */
const FIELDS = {
  request_id: isWord,
  /** What the line belongs to, through API, queue and worker; every line that is written within a trace has it. */
  trace_id: isWord,
  method: isWord,
  /** The route's pattern, never the URL: `/api/v1/uploads/:id`. */
  route: isWord,
  status: isNumber,
  duration_ms: isNumber,
  /** A salted hash of the user id, see {@link Log.user}. */
  user: isWord,
  /** Which dependency: `table`, `gemini`. */
  dependency: isWord,
  /** A stable code, such as `timeout`. */
  reason: isWord,
  signal: isWord,
  upload_id: isWord,
  insight_id: isWord,
  message_id: isWord,
  kind: isWord,
  attempt: isNumber,
  count: isNumber,
  accepted: isNumber,
  duplicate: isNumber,
  rejected: isNumber,
  bytes: isNumber,
  port: isNumber,
  /** Name of a rebuild, and how the table compared. */
  run: isWord,
  same: isNumber,
  changed: isNumber,
  removed: isNumber,
} as const satisfies Record<string, (value: unknown) => boolean>

export type LogFields = {
  [K in keyof typeof FIELDS]?: (typeof FIELDS)[K] extends (value: unknown) => value is infer V ? V : never
}

export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  /** `error` is logged by type, code and stack; never by message, for messages quote the values they complain about. */
  error(event: string, fields?: LogFields & { error?: unknown }): void
  /** Logs a request's line; in CloudWatch it is a metric as well (Embedded Metric Format). */
  request(fields: LogFields & { status: number; duration_ms: number }): void
  /** Logs a line that is metrics as well. */
  measure(event: string, values: Measured, fields?: LogFields): void
  /** A short hash by which one user's lines can be found together, useless without this process's salt. */
  user(id: string): string
}

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  release: string
  environment: string
  /** `api` or `worker`. */
  service: string
  /** Secret of the user hash. @default random: hashes then hold for this process only */
  salt?: string
  /** Where lines go. @default standard output, those of one turn of the event loop together, none lost at exit */
  destination?: DestinationStream
}

/** The only logger: JSON lines made of allow-listed fields. */
export function createLog(options: LogOptions): Log {
  const salt = options.salt ?? randomBytes(16)
  const { service, environment, release } = options
  const out = options.destination ?? byTurns()
  const base = JSON.stringify({ service, environment, release }).slice(1, -1)
  const users = new Map<string, string>()
  const lines = pino(
    {
      level: options.level,
      base: { service, environment, release },
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      mixin: () => {
        const trace_id = currentTrace()
        return trace_id === undefined ? {} : { trace_id }
      },
    },
    out,
  )
  return {
    debug: (event, fields) => lines.debug(allowed(fields), event),
    info: (event, fields) => lines.info(allowed(fields), event),
    warn: (event, fields) => lines.warn(allowed(fields), event),
    error: (event, fields) =>
      lines.error({ ...allowed(fields), ...(fields?.error ? { error: describe(fields.error) } : {}) }, event),
    request: fields => {
      // The same line as the others, made at a third of the cost: there is one for every request.
      if (!lines.isLevelEnabled('info')) return
      const now = Date.now()
      const { duration_ms, ...others } = allowed(fields)
      others.trace_id ??= currentTrace()
      let members = ''
      // What is allowed needs no escapes.
      for (const [name, value] of Object.entries(others))
        if (value !== undefined) members += `"${name}":${typeof value === 'number' ? value : `"${value}"`},`
      const metrics = embeddedRequest(fields.status, Number(duration_ms) || 0, now)
      const time = new Date(now).toISOString()
      out.write(`{"level":"info","time":"${time}",${base},${members}${metrics},"event":"request"}\n`)
    },
    measure: (event, values, fields) =>
      lines.info({ ...allowed(fields), ...embedded(values, Date.now()) }, event),
    user: id => {
      const known = users.get(id)
      if (known) return known
      const hash = createHmac('sha256', salt).update(id).digest('base64url').slice(0, 10)
      if (users.size >= MOST_USERS) users.clear()
      users.set(id, hash)
      return hash
    },
  }
}

/** Hashes of users that are remembered. */
const MOST_USERS = 10_000

/** Standard output: what is logged in one turn of the event loop is one write, and the last of them is before the exit. */
function byTurns(): DestinationStream {
  const out = destination({ fd: 1, sync: true })
  let lines = ''
  const write = (): void => {
    const text = lines
    lines = ''
    if (text !== '') out.write(text)
  }
  process.on('exit', () => {
    write()
    // What a full pipe did not take.
    out.flushSync()
  })
  return {
    write: line => {
      if (lines === '') setImmediate(write)
      lines += line
    },
  }
}

function allowed(fields: object = {}): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || !Object.hasOwn(FIELDS, name)) continue
    kept[name] = FIELDS[name as keyof typeof FIELDS](value) ? value : 'dropped'
  }
  return kept
}

/** An error without its message: type, code, HTTP status of an SDK error, stack frames, and the same of its cause. */
function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, $metadata } = error as {
    code?: unknown
    $metadata?: { httpStatusCode?: number; requestId?: string }
  }
  return {
    type: error.name,
    ...(isWord(code) && { code }),
    ...($metadata && { http_status: $metadata.httpStatusCode, aws_request_id: $metadata.requestId }),
    stack: frames(error),
    ...(error.cause && depth < 3 ? { cause: describe(error.cause, depth + 1) } : {}),
  }
}

/** The frames of a stack, whose head repeats the message, which may itself look like frames. */
function frames({ stack = '', message }: Error): string[] {
  const head = message ? stack.indexOf(message) : 0
  const below = head < 0 ? '' : stack.slice(head + message.length)
  return below
    .split('\n')
    .flatMap(line => /^ +(at .*)/.exec(line)?.[1] ?? [])
    .slice(0, 12)
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:/*{}-]{1,160}$/.test(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
