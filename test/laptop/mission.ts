import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const beside = (place: string) => fileURLToPath(new URL(`../../${place}`, import.meta.url))

/** Where the mission's page may be: named, or beside the repository as the issues have it. */
const MISSION = [process.env.CLARITY_MISSION, beside('../shared/mission/ci-cd-readme.md')]
/** Our own page with the same commands, and others. */
const OWN = beside('ci-cd/README.md')

/** The AWS CLI commands of a page, in order, each once. */
export interface PageCommands {
  commands: string[]
  /** Whether it is the mission's page, of which every command must be checked. */
  complete: boolean
}

/** Reads the mission's page, else our own; undefined where neither is to be had. */
export function missionCommands(): PageCommands | undefined {
  for (const place of [...MISSION, OWN]) {
    const commands = place && commandsIn(place)
    if (commands && commands.length > 0) return { commands: [...new Set(commands)], complete: place !== OWN }
  }
  return undefined
}

/** Of shell blocks, the commands that start with `aws`, continued lines joined, up to a pipe. */
function commandsIn(path: string): string[] | undefined {
  let page: string
  try {
    page = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const blocks = [...page.matchAll(/```bash\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks
    .flatMap(block => block.replace(/\\\n\s*/g, '').split('\n'))
    .flatMap(line => line.split('|'))
    .map(command => command.trim())
    .filter(command => command.startsWith('aws '))
}
