import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { LaptopPorts } from './ports.ts'

/** The services in whose documents a laptop's ports are meant to stand: in templates, listeners, rules and environments. */
const HOLDERS = "('cloudformation', 'ec2', 'ecs', 'elasticloadbalancing', 'ssm')"

/**
 * Lets the state of a cloud that has stopped be another laptop's: where a document names a port of the one, it names
 * that of the other.
 * @throws when a port stands nowhere: what is started on the state would listen where the other one did
 */
export function movePorts(state: string, from: LaptopPorts, to: LaptopPorts): void {
  const database = new DatabaseSync(join(state, 'cloud/state.db'))
  try {
    const replaced = { aws: 0, http: 0, preview: 0 }
    const names = Object.keys(replaced) as (keyof LaptopPorts)[]
    const number = new RegExp(`\\b(?:${names.map(name => from[name]).join('|')})\\b`, 'g')
    const rows = database
      .prepare(`select service, collection, key, value from document where service in ${HOLDERS}`)
      .all() as Record<'service' | 'collection' | 'key' | 'value', string>[]
    const write = database.prepare(
      'update document set value = ? where service = ? and collection = ? and key = ?',
    )
    database.exec('begin')
    for (const { service, collection, key, value } of rows) {
      const moved = value.replace(number, found => {
        const name = names.find(one => `${from[one]}` === found) as keyof LaptopPorts
        replaced[name]++
        return `${to[name]}`
      })
      if (moved !== value) write.run(moved, service, collection, key)
    }
    database.exec('commit')
    for (const name of names)
      if (replaced[name] === 0) throw new Error(`the state names the ${name} port ${from[name]} nowhere`)
  } finally {
    database.close()
  }
}
