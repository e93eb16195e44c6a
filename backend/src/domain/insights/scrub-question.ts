import { dayNumber } from './facts.ts'

/**
 * A question as it may leave for a model: without what names a person, a place on the net or a date. Dates become days
 * before the last one, as in the facts. Names in running text cannot be told from other words: that is why questions,
 * like facts, leave only where an agreement covers health data.
 * @param today the last local date of the data
 */
export function scrubQuestion(question: string, today: string): string {
  return question
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .replace(/\b\d{4}-\d{2}-\d{2}\b/g, date => relative(date, today))
    .replace(REMOVED, '[removed]')
    .trim()
}

/** Links, e-mail addresses, UUIDs, and runs of digits that are longer than a measured value: numbers of phones, accounts, records. */
const REMOVED =
  /\b(?:https?:\/\/|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\+?\d(?:[\s()./-]{0,3}\d){6,}/gi

function relative(date: string, today: string): string {
  const ago = dayNumber(today) - dayNumber(date)
  return ago >= 0 && ago <= 366 ? `${ago} days before the last day` : '[removed]'
}
