/**
 * Makes something when it is first asked for, and once: a starting process has better things to do than to compile the
 * schemas of requests that nobody has sent yet.
 */
export function whenUsed<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
