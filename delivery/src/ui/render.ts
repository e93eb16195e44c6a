import type { Emit, Event } from './events.ts'

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

/** One JSON object a line. */
function renderJson({ out }: RenderOptions): Emit {
  return event => out.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
}

/** Lines for a log, and a live last line on a terminal. Results go to stdout, everything else to stderr. */
function renderText({ out, err, colour }: RenderOptions): Emit {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const live = createLiveLine(err)
  const line = (text: string) => {
    live.clear()
    err.write(`${text}\n`)
  }

  return (event: Event) => {
    switch (event.type) {
      case 'step-started':
        return live.start(event.message)
      case 'step-progress':
        return live.update(event.message) ?? line(`  ${paint(2, event.message)}`)
      case 'step-finished':
        return line(`${paint(32, '✓')} ${event.message} ${paint(2, `(${formatSeconds(event.seconds)})`)}`)
      case 'step-failed':
        return line(`${paint(31, '✗')} ${event.message} ${paint(2, `(${formatSeconds(event.seconds)})`)}`)
      case 'note':
        return line(event.message)
      case 'result':
        live.clear()
        return out.write(`${event.text}\n`)
      case 'error':
        line(`${paint(31, 'error')}: ${event.message}`)
        for (const evidence of event.evidence) line(`  ${evidence}`)
        return line(`${paint(1, 'do next')}: ${event.fix}`)
    }
  }
}

export function createRenderer(options: RenderOptions): Emit {
  return options.json ? renderJson(options) : renderText(options)
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 119.5) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** The last line of a terminal: what runs now, for how long, and its newest detail. Absent elsewhere. */
function createLiveLine(err: Output) {
  let timer: NodeJS.Timeout | undefined
  let title = ''
  let detail = ''
  let since = 0
  let frame = 0
  const draw = () => {
    const seconds = formatSeconds((performance.now() - since) / 1000)
    const text = `${FRAMES[frame++ % FRAMES.length]} ${title} (${seconds})${detail ? ` ${detail}` : ''}`
    err.write(`\r\u001b[2K${text.slice(0, (err.columns ?? 80) - 1)}`)
  }
  return {
    start(message: string): void {
      title = message
      detail = ''
      since = performance.now()
      if (!err.isTTY) return
      timer ??= setInterval(draw, 100).unref()
      draw()
    },
    /** @returns undefined when there is no live line, so that the caller prints one */
    update(message: string): true | undefined {
      detail = message
      return timer ? true : undefined
    },
    clear(): void {
      if (!timer) return
      clearInterval(timer)
      timer = undefined
      err.write('\r\u001b[2K')
    },
  }
}
