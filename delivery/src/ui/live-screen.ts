import { type LiveStep, liveLines, newLiveStep, updateLiveStep } from './live-view.ts'
import type { Output } from './render.ts'

/** The last lines of a terminal: the steps that run now. Nothing is drawn where there is no terminal. */
export interface LiveScreen {
  start(step: string, title: string): void
  /** @returns false when there is no live view, so that the caller prints a line */
  update(step: string, message: string | undefined, data: object | undefined): boolean
  end(step: string): void
  /** Wipes what is drawn, lets `write` print lines above it, and draws again. */
  above(write: () => void): void
}

/** Pause between two drawings, in ms. */
const REDRAW_MS = 100
const COLUMNS = 80

export function createLiveScreen(err: Output): LiveScreen {
  const steps = new Map<string, LiveStep>()
  const now = () => performance.now()
  let timer: NodeJS.Timeout | undefined
  let drawn = 0

  function wipe(): void {
    if (drawn === 0) return
    err.write(`${drawn > 1 ? `\u001b[${drawn - 1}A` : ''}\r\u001b[J`)
    drawn = 0
  }

  function draw(): void {
    const lines = [...steps.values()].flatMap(step => liveLines(step, now(), err.columns ?? COLUMNS))
    wipe()
    err.write(lines.join('\n'))
    drawn = lines.length
  }

  return {
    start: (step, title) => {
      if (!err.isTTY) return
      steps.set(step, newLiveStep(title, now()))
      timer ??= setInterval(draw, REDRAW_MS).unref()
      draw()
    },
    update: (step, message, data) => {
      const known = steps.get(step)
      if (known) steps.set(step, updateLiveStep(known, message, data, now()))
      return known !== undefined
    },
    end: step => {
      steps.delete(step)
      if (steps.size > 0) return
      clearInterval(timer)
      timer = undefined
    },
    above: write => {
      wipe()
      write()
      if (steps.size > 0) draw()
    },
  }
}
