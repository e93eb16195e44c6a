import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * When the process began, as the kernel counts it: together with the id it names one process for good, as ids
 * are used again. Undefined when there is no such process.
 */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux')
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
      )
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** Processes of this machine whose environment names one of the markers (Linux only; none elsewhere). */
export function processesMarked(markers: string[]): number[] {
  if (process.platform !== 'linux' || markers.length === 0) return []
  const ids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return ids.map(Number).filter(pid => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
      return pid !== process.pid && markers.some(marker => environment.includes(`/_ecs/metadata/${marker}`))
    } catch {
      return false
    }
  })
}

/** Sends a signal to a process group (`-pid`) or a process; what is gone already is as good. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
