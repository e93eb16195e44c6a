import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { svgOf } from '../ci-cd/recording/svg.ts'
import { createTerminal } from '../ci-cd/recording/terminal.ts'
import { createRenderer } from '../delivery/src/ui/render.ts'

/** The picture of the README is what a terminal shows of what the command line writes. */
const shown = (terminal: ReturnType<typeof createTerminal>) =>
  terminal.screen().map(line => line.map(({ character }) => character).join(''))

test('the lines of the live view are drawn over, and what does not fit scrolls out', () => {
  const terminal = createTerminal(20, 4)
  // as the terminal's driver does it
  const write = (text: string) => terminal.write(text.replaceAll('\n', '\r\n'))
  const emit = createRenderer({
    out: { write },
    err: { write, isTTY: true, columns: 20 },
    json: false,
    colour: true,
  })
  emit({ type: 'step-started', step: 'a', message: 'build' })
  expect(shown(terminal).at(-1)).toMatch(/^. build/)
  emit({ type: 'step-finished', step: 'a', message: 'build', seconds: 1 })
  expect(shown(terminal)).toEqual(['✓ build (1.0 s)', ''])
  expect(terminal.screen()[0]?.[0]).toEqual({ character: '✓', bold: false, dim: false, colour: 32 })
  for (const message of ['one', 'a line of more than twenty']) emit({ type: 'note', message })
  expect(shown(terminal)).toEqual(['one', 'a line of more than ', 'twenty', ''])
})

test('a frame has each line once, and what would be markup is none', () => {
  const terminal = createTerminal(20, 2)
  terminal.write('<b>\r\n<b>')
  const svg = svgOf('a title', [{ screen: terminal.screen(), seconds: 1 }], 20, 2)
  expect(svg.match(/&lt;b&gt;/g)).toHaveLength(1)
  expect(svg.match(/<use /g)).toHaveLength(2)
})

test('the recording shows a laptop that came up, and a release', () => {
  const svg = readFileSync(join(import.meta.dirname, '../docs/recording.svg'), 'utf8')
  const words = svg.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  for (const expected of ['make up', 'http://127.0.0.1:8000', './clarity deploy local', 'BAKE_TIME'])
    expect(words).toContain(expected)
})
