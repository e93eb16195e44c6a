import { uuidFrom } from '../../domain/derived-uuid.ts'
import type { Sample } from '../../domain/sample.ts'
import { SAMPLE_LIMITS } from '../../domain/sample-limits.ts'

/** One element of an export with the elements inside it, flattened. */
export interface ExportElement {
  name: string
  attributes: Record<string, string>
  children: { name: string; attributes: Record<string, string> }[]
}

/**
 * A `<Record>` as a sample, which is not checked yet. Times are rewritten to RFC 3339, which says the same; all else
 * stays as it is. An export has no UUIDs: the sample's is derived from what makes the record, by whoever takes it, so
 * that it is the same in every export, and where a `<Correlation>` repeats it.
 */
export function recordToSample({ attributes, children }: ExportElement): object {
  const { type = '', unit, value = '', startDate = '', endDate = '' } = attributes
  const start = rfc3339(startDate)
  const sample: Sample = {
    uuid: '',
    type,
    value: type.startsWith('HKQuantity') ? numberOf(value) : value,
  } as Sample
  // One after another, in the order in which they are given back: to spread what may be there takes three times as long.
  if (unit !== undefined) sample.unit = unit
  sample.start = start
  sample.end = endDate === startDate ? start : rfc3339(endDate)
  sample.source = sourceOf(attributes)
  const metadata = metadataOf(attributes, children, SAMPLE_OWN)
  if (metadata) sample.metadata = metadata
  return sample
}

/** The source of an element; mostly that of the one before, which is then the same object. */
function sourceOf({ sourceName = '', device }: ExportElement['attributes']): Sample['source'] {
  if (lastSource.name === sourceName && lastSource.device === device) return lastSource
  lastSource = { name: sourceName, ...(device !== undefined && { device }) }
  return lastSource
}
/** A memory of what was made last; samples are never changed. */
let lastSource: Sample['source'] = { name: '' }

/** A `<Workout>`: its minutes are the value, everything else is metadata. */
export function workoutToSample({ attributes, children }: ExportElement): object {
  const {
    workoutActivityType = '',
    duration = '',
    durationUnit = 'min',
    startDate = '',
    endDate = '',
  } = attributes
  const { sourceName = '', device } = attributes
  const metadata = metadataOf(attributes, children, WORKOUT_OWN)
  return {
    uuid: uuidFrom(['workout', workoutActivityType, sourceName, startDate, endDate, duration].join('\n')),
    type: 'HKWorkoutTypeIdentifier',
    value: numberOf(duration),
    unit: durationUnit,
    start: rfc3339(startDate),
    end: rfc3339(endDate),
    source: { name: sourceName, ...(device !== undefined && { device }) },
    ...(metadata && { metadata }),
  }
}

/**
 * An `<ActivitySummary>`: a date and no zone. It is placed at the date's midnight in UTC, with its date and all its
 * figures in the metadata; the value is its active energy.
 */
export function summaryToSample({ attributes }: ExportElement): object {
  const { dateComponents = '', activeEnergyBurned = '', activeEnergyBurnedUnit = 'kcal' } = attributes
  const midnight = `${dateComponents}T00:00:00Z`
  return {
    uuid: uuidFrom(['summary', ...Object.entries(attributes).flat()].join('\n')),
    type: 'HKActivitySummaryTypeIdentifier',
    value: numberOf(activeEnergyBurned),
    unit: activeEnergyBurnedUnit,
    start: midnight,
    end: midnight,
    source: { name: 'Apple Health' },
    metadata: { ...attributes },
  }
}

/** Attributes that a sample has a field for. */
const SAMPLE_OWN = new Set(['type', 'unit', 'value', 'startDate', 'endDate', 'sourceName', 'device'])
const WORKOUT_OWN = new Set([...SAMPLE_OWN, 'duration', 'durationUnit'])

/** `2016-04-18 08:25:32 -0700` → `2016-04-18T08:25:32-07:00`; anything else stays, and is refused as a time. */
function rfc3339(text: string): string {
  // Its digits are looked at when the time is read.
  if (text.length !== 25 || text[10] !== ' ' || text[19] !== ' ' || text[13] !== ':') return text
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${text.slice(20, 23)}:${text.slice(23)}`
}

/** A number as the export writes it; a text that is none stays a text, and is refused as a value. */
function numberOf(text: string): number | string {
  return isPlainNumber(text) || /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
    ? Number(text)
    : text || ' '
}

/** Digits with at most one point among them: nearly all. */
function isPlainNumber(text: string): boolean {
  let point = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 46 && !point && at > 0) point = true
    else if (!(code >= 48 && code <= 57)) return false
  }
  return text.length > 0
}

function metadataOf(
  attributes: ExportElement['attributes'],
  children: ExportElement['children'],
  own: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const metadata: Record<string, unknown> = {}
  for (const name in attributes) if (!own.has(name)) metadata[name] = attributes[name]
  let lists: Record<string, object[]> | undefined
  for (const { name, attributes: given } of children)
    if (name === 'MetadataEntry') metadata[given.key ?? ''] = given.value ?? ''
    else if (Object.keys(given).length > 0) {
      lists ??= {}
      lists[name] ??= []
      lists[name].push(given)
    }
  const all = lists ? { ...metadata, ...lists } : metadata
  if (isEmpty(all)) return undefined
  // A workout's events, or a route that is written out, can be longer than a sample may carry: the export keeps them.
  if (children.length < 20 || JSON.stringify(all).length <= SAMPLE_LIMITS.metadata) return all
  const omitted = Object.fromEntries(Object.entries(lists ?? {}).map(([name, list]) => [name, list.length]))
  return { ...metadata, omitted }
}

function isEmpty(metadata: object): boolean {
  for (const _ in metadata) return false
  return true
}
