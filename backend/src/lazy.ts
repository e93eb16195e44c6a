/**
 * Stands in for an object whose methods all return promises, and makes it when the first of them is called. What is
 * heavy to load is thus loaded after the process listens, or by whoever needs it sooner.
 */
export function lazy<T extends object>(make: () => Promise<T>): T {
  return new Proxy({} as T, {
    get: (_, name) => {
      // A promise that resolves to this must not take it for a promise.
      if (name === 'then') return undefined
      return async (...input: unknown[]) => {
        const made = await make()
        return (made[name as keyof T] as (...input: unknown[]) => unknown)(...input)
      }
    },
  })
}
