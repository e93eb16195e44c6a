import { invalidParameter } from './cognito-errors.ts'

/** Largest page of Cognito's lists. */
const MOST = 60

/**
 * One page of what is listed in the order of its keys; the token is the last key given.
 * @throws AwsError `InvalidParameterException` for a size or token that was not ours
 */
export function page<T>(
  all: T[],
  keyOf: (item: T) => string,
  size: number | undefined,
  token: string | undefined,
): { items: T[]; next?: string } {
  const most = size || MOST
  if (!(Number.isInteger(most) && most >= 1 && most <= MOST))
    throw invalidParameter(`the size of a page ${size} must be between 1 and ${MOST}`)
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString()
  if (token !== undefined && Buffer.from(after as string).toString('base64url') !== token)
    throw invalidParameter('Invalid pagination token')
  const rest = all.filter(item => after === undefined || keyOf(item) > after)
  const items = rest.slice(0, most)
  const last = items.at(-1)
  const next = last && rest.length > most ? Buffer.from(keyOf(last)).toString('base64url') : undefined
  return { items, next }
}
