import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** The folders of the house, in the order in which they are drawn. */
const HOUSE = ['backend', 'environments', 'infra', 'suites', 'local-cloud', 'delivery']

/**
 * Which folder imports which, read from the sources (tests left out), as a Mermaid flowchart. What is started as a process
 * or called over the network is no import, and is drawn dotted where `calls` names it.
 * @param root of the checkout
 */
export function importsDrawing(root: string, calls: (readonly [string, string, string])[]): string {
  const files = execFileSync('git', ['ls-files', ...HOUSE.map(folder => `${folder}/src/*.ts`)], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter(file => !/\.test\.ts$|testing/.test(file))
  const edges = new Set(files.flatMap(file => edgesOf(root, file)))
  return [
    '```mermaid',
    'flowchart LR',
    ...HOUSE.map(folder => `  ${id(folder)}["${folder}/"]`),
    ...[...edges].sort().map(edge => `  ${edge}`),
    ...calls.map(([from, to, how]) => `  ${id(from)} -. ${how} .-> ${id(to)}`),
    '```',
  ].join('\n')
}

function edgesOf(root: string, file: string): string[] {
  const own = file.split('/')[0] as string
  const names = readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...names]
    .map(([, name = '']) => {
      if (name.startsWith('@clarity/')) return name.split('/')[1]
      return name.startsWith('.') ? normalize(join(dirname(file), name)).split('/')[0] : undefined
    })
    .filter(to => to !== undefined && to !== own && HOUSE.includes(to))
    .map(to => `${id(own)} --> ${id(to as string)}`)
}

function id(folder: string): string {
  return folder.replace('-', '_')
}
