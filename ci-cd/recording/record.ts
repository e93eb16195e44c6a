import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cloneOf } from '../rehearse/clone.ts'
import { freePort } from '../rehearse/ports.ts'
import { type Frame, svgOf } from './svg.ts'
import { createTerminal } from './terminal.ts'

/**
 * `make recording`: `docs/recording.svg`, the picture of the README. The first `make up` of a clone and a release of a
 * changed line, as they are written to a terminal (`script`, of util-linux), on a laptop of its own.
 */
const COMMANDS = ['make up', "echo '// a change' >> backend/src/api.ts", './clarity deploy local']
const TITLE = 'make up on a fresh clone, then a blue/green release of a changed line'
const [COLUMNS, ROWS] = [104, 32]
/** Seconds between two frames of what happened, how much faster they are played, and for how long the end is seen. */
const [EVERY, FASTER, LAST] = [0.7, 3, 8]

const root = resolve(import.meta.dirname, '../..')
const home = join(root, '.clarity/recording')
const checkout = join(home, 'clarity-loop')
const [typescript, timing] = [join(home, 'typescript'), join(home, 'timing')]
rmSync(home, { recursive: true, force: true })
mkdirSync(home, { recursive: true })
cloneOf(root, checkout)
const env = {
  ...process.env,
  CLARITY_STATE: join(home, 'state'),
  CLARITY_AWS_PORT: `${await freePort()}`,
  CLARITY_HTTP_PORT: `${await freePort()}`,
  CLARITY_TEST_PORT: `${await freePort()}`,
  TERM: 'xterm-256color',
  // as in a terminal of a user, not below this make
  MAKEFLAGS: '',
  MAKELEVEL: '',
}
execFileSync('make', ['install'], { cwd: checkout, env, stdio: 'ignore' })
try {
  const session = COMMANDS.map(text => `printf '\\033[1m$ %s\\033[0m\\n' ${quote(text)}; ${text}`).join(
    ' && ',
  )
  const command = `stty cols ${COLUMNS} rows ${ROWS} && ${session}`
  execFileSync('script', ['-q', '-e', '-c', command, '-O', typescript, '-T', timing], {
    cwd: checkout,
    env,
    stdio: 'ignore',
  })
} finally {
  execFileSync('./clarity', ['down'], { cwd: checkout, env, stdio: 'ignore' })
}
const file = join(root, 'docs/recording.svg')
const svg = svgOf(TITLE, framesOf(), COLUMNS, ROWS)
writeFileSync(file, svg)
process.stdout.write(`${file}: ${(svg.length / 1024).toFixed(0)} KiB\n`)

/** What the terminal showed, at moments of the session. */
function framesOf(): Frame[] {
  const terminal = createTerminal(COLUMNS, ROWS)
  const bytes = readFileSync(typescript)
  // the first line is script's own, and not in the timing
  let offset = bytes.indexOf('\n') + 1
  const decoder = new TextDecoder()
  const frames: Frame[] = []
  let waited = 0
  for (const line of readFileSync(timing, 'utf8').trim().split('\n')) {
    const [seconds = 0, length = 0] = line.split(' ').map(Number)
    waited += seconds
    if (waited >= EVERY) {
      frames.push({ screen: terminal.screen(), seconds: waited / FASTER })
      waited = 0
    }
    terminal.write(forAnyone(decoder.decode(bytes.subarray(offset, offset + length), { stream: true })))
    offset += length
  }
  return [...frames, { screen: terminal.screen(), seconds: LAST }]
}

/** The ports that a laptop has when nothing else runs, where here others may be taken; and nobody's password. */
function forAnyone(text: string): string {
  return text
    .replaceAll(`:${env.CLARITY_AWS_PORT}`, ':4566')
    .replaceAll(`:${env.CLARITY_HTTP_PORT}`, ':8000')
    .replaceAll(`:${env.CLARITY_TEST_PORT}`, ':8010')
    .replace(/(password Demo-)\S+/, '$1…')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
