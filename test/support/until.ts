/** Polls until `look` gives a value. @throws when it has not after `milliseconds` */
export async function until<T>(look: () => Promise<T | undefined>, milliseconds = 30_000): Promise<T> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline)
      throw new Error(`what was waited for did not come within ${milliseconds} ms`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
