/** Lets calls that requests share go out together, one round after the other. */
export interface Turns {
  /**
   * @param send sends what has gathered, in each turn, whoever asked for it
   * @returns asks for a turn: the next one, which begins at the end of this event loop's turn or of the turn under way
   */
  join(send: () => Promise<unknown>): () => void
}

/**
 * While a turn is under way, what comes gathers for the next: the busier the process, the fewer calls a request costs.
 * An answer waits for all that its request asked for anyhow, so nothing is gained by a second call for what comes in between.
 */
export function createTurns(): Turns {
  const senders: (() => Promise<unknown>)[] = []
  let asked = false
  let running = false

  async function run(): Promise<void> {
    while (asked) {
      asked = false
      // Whoever waits for a call hears of its failure.
      await Promise.allSettled(senders.map(send => send()))
    }
    running = false
  }

  return {
    join: send => {
      senders.push(send)
      return () => {
        asked = true
        if (running) return
        running = true
        // What comes in the same turn of the event loop goes together.
        setImmediate(() => void run())
      }
    },
  }
}
