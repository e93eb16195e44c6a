/** A list of the query protocol: empty lists arrive as an empty string. */
export function list<T>(value: T[] | string | undefined): T[] {
  return Array.isArray(value) ? value : []
}

/** A boolean of the query protocol, or one from within the process. */
export function truth(value: boolean | string | undefined): boolean {
  return String(value ?? false) === 'true'
}

/** One page of a list; the token is the index at which the next page begins. */
export function page<T>(items: T[], token: string | undefined, size: number): { items: T[]; next?: string } {
  const start = Number(token || 0)
  const end = start + size
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined }
}
