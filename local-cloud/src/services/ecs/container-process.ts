import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdir, stat } from 'node:fs/promises'
import { constants as os } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { TaskFailure } from './errors.ts'
import { signal, startOf } from './process-identity.ts'
import { within } from './rooted-path.ts'

/** A command in the file system of an image. */
export interface ProcessSpec {
  rootfs: string
  argv: string[]
  /** Inside the image. */
  workingDirectory: string
  /** `PATH` is the image's own. */
  environment: Record<string, string>
}

export interface ContainerProcess {
  pid: number
  started: string
  stdout: Readable
  stderr: Readable
  /** The exit code; 128 and the signal's number when a signal ended it. */
  exited: Promise<number>
  /** Signals the whole process group. */
  signal(name: NodeJS.Signals): void
}

/**
 * Starts a command as the leader of its own process group. There is no namespace: the process sees the host's
 * files, but its program, its `PATH` and its working directory are the image's.
 * @throws TaskFailure `CannotStartContainerError: …` in runc's words
 */
export async function startProcess(spec: ProcessSpec): Promise<ContainerProcess> {
  const [name = '', ...args] = spec.argv
  const searched = (spec.environment.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter(Boolean)
  const program = await findProgram(spec.rootfs, name, spec.workingDirectory, searched)
  const cwd = await within(spec.rootfs, spec.workingDirectory, true)
  await mkdir(cwd, { recursive: true })
  const PATH = searched.map(folder => join(spec.rootfs, folder)).join(':')
  const child = spawn(program, args, {
    argv0: name,
    cwd,
    env: { ...spec.environment, PATH },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw cannotStart(`exec: ${JSON.stringify(name)}: ${execError(error)}`)
  }
  const pid = child.pid as number
  return {
    pid,
    started: startOf(pid) ?? '',
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    exited: exitOf(child, pid),
    signal: name => signal(-pid, name),
  }
}

async function exitOf(child: ChildProcess, pid: number): Promise<number> {
  const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  // As when a container's first process ends, nothing of the container outlives it.
  signal(-pid, 'SIGKILL')
  return code ?? 128 + (by ? os.signals[by] : 0)
}

async function findProgram(
  rootfs: string,
  name: string,
  workingDirectory: string,
  searched: string[],
): Promise<string> {
  if (name === '') throw cannotStart('no command specified')
  const places = name.startsWith('/')
    ? [name]
    : name.includes('/')
      ? [join(workingDirectory || '/', name)]
      : searched.map(folder => join(folder, name))
  for (const place of places) {
    const path = await within(rootfs, place).catch(() => undefined)
    if (path && (await isProgram(path))) return path
  }
  if (name.includes('/'))
    throw cannotStart(`exec: ${JSON.stringify(name)}: stat ${name}: no such file or directory`)
  throw cannotStart(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`)
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return false
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function execError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ENOEXEC') return 'exec format error'
  if (code === 'EACCES') return 'permission denied'
  return code === 'ENOENT' ? 'no such file or directory' : message
}

const cannotStart = (why: string) =>
  new TaskFailure(
    `CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`,
  )
