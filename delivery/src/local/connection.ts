import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How the running local cloud is reached; written by it, gone when it has stopped in order. */
export interface Connection {
  endpoint: string
  pid: number
  accessKeyId: string
  secretAccessKey: string
}

/** The folder of everything that the laptop's cloud and builds keep; `CLARITY_STATE` moves it. */
export function stateFolder(root: string, variables: Record<string, string | undefined>): string {
  return variables.CLARITY_STATE ?? join(root, '.clarity')
}

/** The connection to a cloud that really answers; undefined when none runs, whatever a file may say. */
export async function findCloud(state: string): Promise<Connection | undefined> {
  let connection: Connection
  try {
    connection = JSON.parse(await readFile(join(state, 'cloud', 'connection.json'), 'utf8'))
  } catch {
    return undefined
  }
  try {
    const answer = await fetch(`${connection.endpoint}/_clarity/health`, {
      signal: AbortSignal.timeout(2000),
    })
    const { pid } = (await answer.json()) as { pid: number }
    return pid === connection.pid ? connection : undefined
  } catch {
    return undefined
  }
}
