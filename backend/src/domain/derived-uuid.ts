import { hash } from 'node:crypto'
import type { Sample } from './sample.ts'

/** A UUID of version 8 (RFC 9562) that follows from a text, by SHA-256. */
export function uuidFrom(text: string): string {
  const h = hash('sha256', text, 'hex')
  const variant = VARIANTS[Number.parseInt(h.charAt(16), 16) & 3]
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`
}

/**
 * The UUID of a sample that came without one, which follows from what makes it the same sample. Chunks do not store
 * such UUIDs but derive them again, so this function must never change: that would be a new format.
 */
export function derivedUuid({ type, source, start, end, value, unit }: Omit<Sample, 'uuid'>): string {
  return uuidFrom(`sample\n${type}\n${source.name}\n${start}\n${end}\n${value}\n${unit ?? ''}`)
}

/** Whether a sample's UUID is the derived one; the version tells most others at a glance. */
export function hasDerivedUuid(sample: Sample): boolean {
  return sample.uuid.charCodeAt(14) === 56 && derivedUuid(sample) === sample.uuid
}

const VARIANTS = '89ab'
