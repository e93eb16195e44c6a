import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether a port of 127.0.0.1 can be listened on now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** Who listens on a port, in words, by whichever tool this machine has; undefined when none can tell. */
export async function whoHolds(port: number): Promise<string | undefined> {
  const tools: [string, string[], RegExp][] = [
    ['lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], /p(?<pid>\d+)\nc(?<name>.+)/],
    ['ss', ['-Hltnp', `sport = :${port}`], /users:\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/],
    ['fuser', [`${port}/tcp`], /(?<pid>\d+)/],
  ]
  for (const [tool, args, pattern] of tools) {
    try {
      const found = pattern.exec((await run(tool, args)).stdout)?.groups
      if (found) return found.name ? `${found.name} (pid ${found.pid})` : `pid ${found.pid}`
    } catch {
      // the tool is absent or saw nothing: ask the next
    }
  }
  return undefined
}
