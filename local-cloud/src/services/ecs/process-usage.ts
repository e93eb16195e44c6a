import { readFileSync } from 'node:fs'

/** What processes have used. */
export interface ProcessUsage {
  /** Processor time since they began, in seconds. */
  cpuSeconds: number
  /** Resident memory, in bytes. */
  memoryBytes: number
}

/** Clock ticks in a second, which Linux fixes for what it tells programs (`man 5 proc_pid_stat`). */
const TICKS = 100

/**
 * What a process and those below it have used by now, read from `/proc`. Undefined for a process that is gone,
 * and on systems without `/proc`.
 */
export function usageOf(pid: number): ProcessUsage | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold spaces. User and system time, then those of children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
    const usage = { cpuSeconds: ticks / TICKS, memoryBytes: kilobytes * 1024 }
    for (const child of childrenOf(pid)) {
      const below = usageOf(child)
      usage.cpuSeconds += below?.cpuSeconds ?? 0
      usage.memoryBytes += below?.memoryBytes ?? 0
    }
    return usage
  } catch {
    return undefined
  }
}

/** The live children of a process; none where the kernel does not tell. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
