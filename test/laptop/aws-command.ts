import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import type { Laptop } from '../support/laptop.ts'
import { type AwsServer, interpreterOf, startAwsServer } from './awscli-server.ts'

const run = promisify(execFile)

/** Every awscli on this machine: version 1 comes from pip, version 2 (which has `logs tail`) from Debian. */
const INSTALLED = ['aws', '/usr/bin/aws'].flatMap(command => {
  try {
    const version = /aws-cli\/(\d+\.\d+\.\d+)/.exec(
      execFileSync(command, ['--version'], { encoding: 'utf8' }),
    )?.[1]
    return version ? [{ command, version }] : []
  } catch {
    return []
  }
})

/** One of each version. */
export const CLIS = INSTALLED.filter(
  (cli, at) => INSTALLED.findIndex(other => other.version === cli.version) === at,
)

export interface AwsCommand {
  /** What a command prints. Rejects, with what it complains of in `stderr`, when it ends with another code than 0. */
  text(args: string[], cwd?: string): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: what AWS answers is asserted on by the tests
  json(args: string[], cwd?: string): Promise<any>
  /** Starts a command that does not end by itself. */
  start(args: string[]): Promise<ChildProcess>
}

const environments = new WeakMap<Laptop, Promise<Record<string, string>>>()

function environmentOf(laptop: Laptop): Promise<Record<string, string>> {
  const known = environments.get(laptop) ?? laptop.clarity('env', 'local').then(({ last }) => last.data)
  environments.set(laptop, known)
  return known
}

/** How an SDK client reaches the laptop's AWS. */
export async function clientOf(laptop: Laptop) {
  const data = await environmentOf(laptop)
  return {
    endpoint: data.AWS_ENDPOINT_URL,
    region: data.AWS_REGION,
    credentials: {
      accessKeyId: data.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: data.AWS_SECRET_ACCESS_KEY ?? '',
    },
  }
}

const servers = new WeakMap<Laptop, Map<string, AwsServer>>()

function serverOn(laptop: Laptop, interpreter: string, env: NodeJS.ProcessEnv): AwsServer {
  const ofLaptop = servers.get(laptop) ?? new Map<string, AwsServer>()
  servers.set(laptop, ofLaptop)
  const known = ofLaptop.get(interpreter) ?? startAwsServer(interpreter, env)
  ofLaptop.set(interpreter, known)
  return known
}

/** An awscli whose endpoint, region and credentials are the laptop's, as `clarity env local` prints them. */
export function awsOn(laptop: Laptop, command: string): AwsCommand {
  const interpreter = interpreterOf(command)

  async function call(args: string[]) {
    const data = await environmentOf(laptop)
    // named outright: version 1 ignores the variable for SQS, version 2 before 2.13 for everything
    const all = ['--endpoint-url', data.AWS_ENDPOINT_URL ?? '', ...args]
    return { all, env: { ...process.env, ...data, AWS_PAGER: '' } }
  }

  async function text(args: string[], cwd?: string): Promise<string> {
    const { all, env } = await call(args)
    if (!interpreter) return (await run(command, all, { env, cwd, maxBuffer: 1e8 })).stdout
    const { code, stdout, stderr } = await serverOn(laptop, interpreter, env)(all, cwd)
    if (code !== 0)
      throw Object.assign(new Error(`aws ended with ${code}: ${stderr}`), { code, stdout, stderr })
    return stdout
  }

  return {
    text,
    json: async (args, cwd) => JSON.parse(await text([...args, '--output', 'json'], cwd)),
    start: async args => {
      const { all, env } = await call(args)
      return spawn(command, all, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    },
  }
}
