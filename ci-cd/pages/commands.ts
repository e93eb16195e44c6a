/** A command of a page, as it stands there. */
export interface PageCommand {
  page: string
  line: number
  text: string
  /** What it says that it needs: `an AWS account`, `Docker`, `a browser`; absent where a laptop is enough. */
  needs?: string
  /** What it says that it may end with. @default [0] */
  exitCodes: number[]
}

/**
 * The commands of the shell blocks (` ```sh `, ` ```bash `) of a page, continued lines joined. A block whose first line is
 * `# needs …`, or a command with that behind it, needs more than a laptop; `# … exit code 5` behind one says how it ends,
 * `# … exit code 0 or 3` how it may.
 */
export function commandsOf(page: string, text: string): PageCommand[] {
  const commands: PageCommand[] = []
  let block: { needs?: string } | undefined
  let begun: { line: number; text: string } | undefined
  for (const [at, line] of text.split('\n').entries()) {
    if (!block) {
      if (/^```(sh|bash)$/.test(line)) block = {}
      continue
    }
    if (line === '```') {
      block = undefined
      continue
    }
    const needs = /^# needs (.+)$/.exec(line)?.[1]
    if (needs) block.needs = needs
    if (line.trim() === '' || line.startsWith('#')) continue
    const whole = (begun?.text ?? '') + line
    const from = begun?.line ?? at + 1
    begun = undefined
    if (line.endsWith('\\')) begun = { line: from, text: `${whole.slice(0, -1)} ` }
    else commands.push({ page, line: from, ...parse(whole, block.needs) })
  }
  return commands
}

function parse(line: string, needs?: string): Pick<PageCommand, 'text' | 'needs' | 'exitCodes'> {
  const [, text = line, remark = ''] = /^(.*?)\s+# (.*)$/.exec(line) ?? []
  const own = /^needs ([^:]+)/.exec(remark)?.[1] ?? needs
  return {
    text: text.replace(/\s+/g, ' ').trim(),
    ...(own ? { needs: own } : {}),
    exitCodes: (/exit code (\d+(?: or \d+)*)/.exec(remark)?.[1] ?? '0').split(' or ').map(Number),
  }
}
