import type { Emit, Event } from './events.ts'
import { formatSeconds } from './format-seconds.ts'
import { createLiveScreen } from './live-screen.ts'

export { formatSeconds } from './format-seconds.ts'

export interface Output {
  write(text: string): void
  isTTY?: boolean
  columns?: number
}

export interface RenderOptions {
  out: Output
  err: Output
  json: boolean
  /** Colour helps, words suffice. */
  colour: boolean
}

export function createRenderer(options: RenderOptions): Emit {
  return options.json ? renderJson(options) : renderText(options)
}

/** One JSON object a line. */
function renderJson({ out }: RenderOptions): Emit {
  return event => out.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
}

/** Lines for a log, and live last lines on a terminal. Results go to stdout, everything else to stderr. */
function renderText({ out, err, colour }: RenderOptions): Emit {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const live = createLiveScreen(err)
  const line = (text: string) => live.above(() => err.write(`${text}\n`))
  const ended = (step: string, mark: string, message: string, seconds: number) => {
    live.end(step)
    line(`${mark} ${message} ${paint(2, `(${formatSeconds(seconds)})`)}`)
  }

  return (event: Event) => {
    switch (event.type) {
      case 'step-started':
        return live.start(event.step, event.message)
      case 'step-progress':
        if (!live.update(event.step, event.message, event.data)) line(`  ${paint(2, event.message)}`)
        return
      case 'step-figures':
        live.update(event.step, undefined, event.data)
        return
      case 'step-finished':
        return ended(event.step, paint(32, '✓'), event.message, event.seconds)
      case 'step-failed':
        return ended(event.step, paint(31, '✗'), event.message, event.seconds)
      case 'note':
        return line(event.message)
      case 'result':
        return live.above(() => out.write(`${event.text}\n`))
      case 'error':
        line(`${paint(31, 'error')}: ${event.message}`)
        for (const evidence of event.evidence) line(`  ${evidence}`)
        return line(`${paint(1, 'do next')}: ${event.fix}`)
    }
  }
}
