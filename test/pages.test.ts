import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { describe, expect, test } from 'vitest'
import { cliPage } from '../ci-cd/docs/cli-page.ts'
import { importsDrawing } from '../ci-cd/docs/imports-drawing.ts'
import { troubleshootingPage } from '../ci-cd/docs/troubleshooting-page.ts'
import { commandsOf } from '../ci-cd/pages/commands.ts'
import { COMMANDS } from '../delivery/src/cli/commands.ts'

/** What is written down is so: rendered pages, links, and commands. `make render` renders them anew. */
const root = join(import.meta.dirname, '..')
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter(name => existsSync(join(root, name)))
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name))

test('the command line is documented from what it runs on', async () => {
  await expect(cliPage()).toMatchFileSnapshot('../docs/cli.md')
})

test('every cause that diagnose knows has its place', async () => {
  await expect(troubleshootingPage()).toMatchFileSnapshot('../docs/troubleshooting.md')
})

test('the house is drawn as its imports are', async () => {
  const drawing = importsDrawing(root, [
    ['delivery', 'local-cloud', 'starts'],
    ['delivery', 'backend', 'bundles'],
    ['backend', 'local-cloud', 'calls as AWS'],
  ])
  const page = read('docs/architecture.md').replace(
    /(<!-- drawing -->)[\s\S]*(<!-- \/drawing -->)/,
    `$1\n${drawing}\n$2`,
  )
  await expect(page).toMatchFileSnapshot('../docs/architecture.md')
})

test('a command of a page is read with what it needs, and what it says that it ends with', () => {
  const page = [
    ...[
      '```sh',
      '# a remark',
      'make up  # start',
      'aws s3 \\',
      '  ls',
      '```',
      '',
      '```bash',
      '# needs Docker',
    ],
    ...[
      'docker ps',
      '```',
      '```text',
      'no command',
      '```',
      '```sh',
      './x.sh  # exit code 0 or 5: waits',
      '```',
    ],
  ].join('\n')
  expect(commandsOf('page', page)).toEqual([
    { page: 'page', line: 3, text: 'make up', exitCodes: [0] },
    { page: 'page', line: 4, text: 'aws s3 ls', exitCodes: [0] },
    { page: 'page', line: 10, text: 'docker ps', needs: 'Docker', exitCodes: [0] },
    { page: 'page', line: 16, text: './x.sh', exitCodes: [0, 5] },
  ])
})

describe.each(pages)('%s', name => {
  const text = read(name)

  test('links to what is there', () => {
    const broken = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter(link => !isThere(name, link))
    expect(broken).toEqual([])
  })

  test('names commands that are there', () => {
    expect(commandsOf(name, text).flatMap(command => problemOf(command.text) ?? [])).toEqual([])
    const spokenOf = inlineCommands(text).flatMap(command => problemOf(command) ?? [])
    // an option may be spoken of without its value
    expect(spokenOf.filter(problem => !/argument missing$/.test(problem))).toEqual([])
  })
})

/** Commands in a sentence: `clarity rollback prod`, `make up`; one with `…` or a choice in it is a way to speak of several. */
function inlineCommands(text: string): string[] {
  return [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`((?:\.\/)?clarity|make) ([^`]+)`/g)]
    .map(([, program, rest]) => `${program} ${rest}`.replace(/\s+/g, ' '))
    .filter(command => !/…|\||</.test(command))
}

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, file))) return false
  if (anchor === undefined || !file.endsWith('.md')) return true
  const titles = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title)
  return titles.some(title => slug(title) === anchor)
}

/** As GitHub makes an anchor of a title. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** What is wrong with a line of a shell block: a target, verb, option or script that does not exist. */
function problemOf(line: string): string | undefined {
  const words = line.split(' ')
  const [program = '', first = ''] = words
  if (program === 'make')
    return words.slice(1).every(word => word.includes('=') || targets.has(word)) ? undefined : line
  if (/^\.\/[\w./-]+\.sh$/.test(program))
    return [program, join('ci-cd', program)].some(path => existsSync(join(root, path))) ? undefined : line
  if (program !== './clarity' && program !== 'clarity') return undefined
  if (first === '--help') return undefined
  const command = COMMANDS.find(each => each.name === first)
  if (!command) return line
  try {
    const options = Object.fromEntries(
      Object.entries(command.options).map(([option, { type, short }]) => [
        option,
        { type, ...(short ? { short } : {}) },
      ]),
    )
    const args = words.slice(2).filter(word => !['--json', '--help'].includes(word))
    const { positionals } = parseArgs({ args, options, allowPositionals: true })
    return positionals.length <= command.positionals.length ? undefined : line
  } catch (error) {
    return `${line}: ${(error as Error).message}`
  }
}
