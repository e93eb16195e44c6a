/** Everything that a command tells: text and JSON are two renderings of this one stream. */
export type Event =
  | { type: 'step-started'; step: string; message: string }
  | { type: 'step-progress'; step: string; message: string; data?: object }
  /** Figures that change all the time: for programs and the live view, not for a log. */
  | { type: 'step-figures'; step: string; data: object }
  | { type: 'step-finished'; step: string; message: string; seconds: number }
  | { type: 'step-failed'; step: string; message: string; seconds: number }
  | { type: 'note'; message: string; data?: object }
  | { type: 'result'; text: string; data: object }
  | { type: 'error'; code: string; message: string; fix: string; evidence: string[]; exitCode: number }

/** Where events go. */
export type Emit = (event: Event) => void

/** What a running step may say of itself. */
export interface Step {
  /** The newest detail; replaces the one before on a terminal, a line of its own elsewhere. */
  progress(message: string, data?: object): void
  /** Figures for the live view; they are no line of their own anywhere. */
  figures(data: object): void
}

/**
 * Runs `work` as a visible step that is timed.
 * @param step a stable name for programs, such as `image.build`
 * @param done the closing words, from the result; nothing is added when it is empty
 * @param achieved whether a result is what the step was for; a deployment that was rolled back has a result too
 */
export async function runStep<T>(
  emit: Emit,
  step: string,
  message: string,
  work: (step: Step) => Promise<T>,
  done: (result: T) => string = () => '',
  achieved: (result: T) => boolean = () => true,
): Promise<T> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  emit({ type: 'step-started', step, message })
  try {
    const result = await work({
      progress: (text, data) => emit({ type: 'step-progress', step, message: text, data }),
      figures: data => emit({ type: 'step-figures', step, data }),
    })
    const words = done(result)
    emit({
      type: achieved(result) ? 'step-finished' : 'step-failed',
      step,
      message: words ? `${message}: ${words}` : message,
      seconds: seconds(),
    })
    return result
  } catch (error) {
    emit({ type: 'step-failed', step, message, seconds: seconds() })
    throw error
  }
}
