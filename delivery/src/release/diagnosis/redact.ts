/** Longest quote of a line that is not our logger's, in characters. */
const LONGEST = 200
/** Stack frames quoted of an error. */
const FRAMES = 3

/**
 * A log line as it may leave the log: of a JSON line only level, event, the error's type, code and first frames;
 * of any other line the first 200 characters, without numbers and quoted text, since both may be health data.
 */
export function quoteLogLine(line: string): string {
  const parsed = parseObject(line)
  if (!parsed) {
    const plain = line.trim()
    // a stack frame holds code positions, never data
    return redactText(/^at .+:\d+:\d+\)?$/.test(plain) ? plain : withoutValues(plain)).slice(0, LONGEST)
  }
  const { level, event, msg, message, dependency, reason, error, err } = parsed
  const words = [level, event ?? msg ?? message].filter(text => typeof text === 'string').map(withoutValues)
  const codes = [dependency, reason].filter(isCode)
  return redactText(
    [words.join(' '), codes.join(' '), describeError(error ?? err)].filter(Boolean).join(': '),
  ).slice(0, 2 * LONGEST)
}

/** Masks what looks like a secret, a token or an address in text that AWS or a person wrote. */
export function redactText(text: string): string {
  return text
    .replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<e-mail>')
    .replace(/\bey[\w-]{10,}\.[\w-]+(\.[\w-]*)?/g, '<token>')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '<access key>')
    .replace(/\bAIza[\w-]{20,}/g, '<API key>')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 <token>')
    .replace(
      // a word after a colon is part of an ARN
      /(?<![:\w-])([\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization)["']?\s*[=:]\s*)(?!arn:)["']?[^\s"',;}]{4,}/gi,
      '$1<secret>',
    )
    .replace(/[A-Za-z0-9+_=-]{32,}/g, run => (run.split(/[-_=]/).some(isRandom) ? '<token>' : run))
}

function describeError(error: unknown): string {
  if (!error || typeof error !== 'object') return ''
  const { type, name, code, stack, cause } = error as Record<string, unknown>
  const frames = (Array.isArray(stack) ? stack : String(stack ?? '').split('\n'))
    .map(frame => String(frame).trim())
    .filter(frame => frame.startsWith('at '))
    .slice(0, FRAMES)
  const own = [type ?? name, code].filter(isCode).join(' ')
  const deeper = describeError(cause)
  return [own, ...frames, ...(deeper ? [`caused by ${deeper}`] : [])].join(' ')
}

/** Numbers and double-quoted text are where values stand: `JSON.parse` quotes what it could not read. */
function withoutValues(text: string): string {
  return text
    .replace(/"[^"]*"?/g, '"…"')
    .replace(/\b[A-Za-z0-9+/_=-]{24,}\b/g, run => (/\d/.test(run) && !run.includes('/') ? '…' : run))
    .replace(/(?<![A-Za-z_.\d])\d[\d.,:/-]*/g, '#')
}

/** Long, with capitals, small letters and digits mixed: no name and no digest is like that. */
function isRandom(run: string): boolean {
  return run.length >= 20 && /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z][\w.-]{0,60}$/.test(value)
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}
