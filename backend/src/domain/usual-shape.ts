/**
 * Whether an input surely has the shape of a sample, by looking at it as plainly as can be: several times as fast as the
 * schema, which decides where this says no. It may say no to a good one, and never yes to a bad one; a test holds it to
 * that.
 */
export function isUsualShape(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false
  const sample = input as Record<string, unknown>
  for (const key in sample) if (!FIELDS.has(key)) return false
  const { uuid, value, source } = sample
  if (typeof uuid !== 'string' || !isUuid(uuid)) return false
  if (typeof value === 'number' ? !Number.isFinite(value) : !isText(value, 1, 128)) return false
  if (!isText(sample.type, 1, 128) || !isText(sample.start, 0, 40) || !isText(sample.end, 0, 40)) return false
  if (!isOptional(sample, 'unit', 64) || !isOptional(sample, 'zone_offset', 6)) return false
  return isSource(source) && isMetadata(sample)
}

/** Whether metadata is surely no longer as JSON than so many characters, without writing it as JSON: each character takes six at most. */
export function isShortAsJson(metadata: Record<string, unknown>, limit: number): boolean {
  let longest = 2
  for (const key in metadata) {
    const field = metadata[key]
    if (typeof field === 'object' && field !== null) return false
    longest += key.length * 6 + 4 + (typeof field === 'string' ? field.length * 6 + 2 : 30)
  }
  return longest <= limit
}

const FIELDS = new Set(['uuid', 'type', 'value', 'unit', 'start', 'end', 'zone_offset', 'source', 'metadata'])

/** Whether a text is a UUID, in any case; several times as fast as the pattern. */
export function isUuid(text: string): boolean {
  return (
    text.length === 36 &&
    text.charCodeAt(8) === 45 &&
    text.charCodeAt(13) === 45 &&
    text.charCodeAt(18) === 45 &&
    text.charCodeAt(23) === 45 &&
    isHex(text, 0, 8) &&
    isHex(text, 9, 13) &&
    isHex(text, 14, 18) &&
    isHex(text, 19, 23) &&
    isHex(text, 24, 36)
  )
}

function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (IS_HEX[text.charCodeAt(at)] !== 1) return false
  return true
}

/** By character code; there is nothing for those that are not ASCII. */
const IS_HEX = new Uint8Array(128)
for (const digit of '0123456789abcdefABCDEF') IS_HEX[digit.charCodeAt(0)] = 1

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most
}

/** A member that is not there, which is not the same as one that is `undefined`. */
function isOptional(given: Record<string, unknown>, name: string, most: number): boolean {
  const value = given[name]
  return value === undefined ? !(name in given) : isText(value, 0, most)
}

function isSource(source: unknown): boolean {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return false
  for (const key in source) if (key !== 'name' && key !== 'bundle_id' && key !== 'device') return false
  const given = source as Record<string, unknown>
  return (
    isText(given.name, 1, 256) && isOptional(given, 'bundle_id', 256) && isOptional(given, 'device', 1024)
  )
}

function isMetadata(sample: Record<string, unknown>): boolean {
  const { metadata } = sample
  if (metadata === undefined) return !('metadata' in sample)
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return false
  for (const key in metadata) if (key.length > 128) return false
  return true
}
