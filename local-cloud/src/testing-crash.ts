import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestCloud } from './testing.ts'

/** A cloud in a process of its own, which a test may end without warning. */
export interface CrashableCloud {
  client: TestCloud['client']
  /** `kill -9`; resolves when the process is gone. */
  crash(): Promise<void>
}

/**
 * Starts a cloud with one service in a child process.
 * @param state folder of its state
 * @param service module below `services/` and the name of its export, such as `sts/sts.ts#createSts`
 * @param fileBlocks largest file that the process may write, in blocks of the shell's `ulimit -f` (mostly 512 bytes):
 *   a disk that fails without needing one. @default no limit
 */
export async function startCrashableCloud(
  state: string,
  service: string,
  fileBlocks?: number,
): Promise<CrashableCloud> {
  const limited = fileBlocks !== undefined && {
    execPath: '/bin/sh',
    execArgv: ['-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`, process.execPath],
  }
  const child = fork(new URL('./testing-crash-child.ts', import.meta.url), [state, service], {
    execArgv: [],
    ...limited,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit')
  const [message] = await Promise.race([
    once(child, 'message'),
    gone.then(([code]) => Promise.reject(new Error(`the cloud ended with ${code} before it was ready`))),
  ])
  const { endpoint, accessKeyId, secretAccessKey } = message as Record<string, string>
  return {
    client: {
      endpoint: endpoint ?? '',
      region: 'us-east-1',
      credentials: { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '' },
      maxAttempts: 1,
    },
    crash: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}
