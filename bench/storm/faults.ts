import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  DeleteSecretCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { ENVIRONMENTS, namesOf } from '../../environments/src/index.ts'
import type { AwsAccess } from '../../test/support/access.ts'
import type { Laptop } from '../../test/support/laptop.ts'

/** One way in which a release can be bad, and what `clarity deploy` must make of it. */
export interface Fault {
  name: string
  inject(laptop: Laptop, access: AwsAccess): Promise<unknown>
  undo(laptop: Laptop, access: AwsAccess): Promise<unknown>
  expect: {
    verdict: 'rolled-back' | 'preflight-failed'
    /** What the command, or `clarity diagnose`, must say of the cause. */
    cause: RegExp
    /** Whether the fault itself costs requests in production, until it is taken back. */
    spoilsRequests?: boolean
  }
}

const names = namesOf(ENVIRONMENTS.local)
const API = 'backend/src/api.ts'
const APP = 'backend/src/api/app.ts'
const LISTEN = 'await app.listen({ port: config.port, host: config.host })'
const ON_REQUEST = "app.addHook('onRequest', async (request, reply) => {"

/** The ten faults, in the order in which a storm goes through them. */
export const FAULTS: Fault[] = [
  {
    name: 'crash at start',
    ...change(API, source => `process.exit(7)\n${source}`),
    expect: { verdict: 'rolled-back', cause: /exit code 7/ },
  },
  {
    name: 'crash under traffic',
    ...inProduction('if (++seen > 20) process.exit(9)'),
    expect: { verdict: 'rolled-back', cause: /exit code 9/, spoilsRequests: true },
  },
  {
    name: 'wrong port',
    ...change(API, swap(LISTEN, 'await app.listen({ port: 0, host: config.host })')),
    expect: { verdict: 'rolled-back', cause: /nothing answers on port 8000|wrong port/ },
  },
  {
    name: 'bad health path',
    ...change('backend/src/api/health/routes.ts', swap("'/health'", "'/healthy'")),
    expect: { verdict: 'rolled-back', cause: /status 404|codes: \[404\]/ },
  },
  {
    name: 'slow start',
    ...change(API, swap(LISTEN, `await new Promise(resolve => setTimeout(resolve, 300_000))\n  ${LISTEN}`)),
    expect: { verdict: 'rolled-back', cause: /did not get to listen|starts too slowly/ },
  },
  {
    name: 'missing secret',
    inject: (_, access) =>
      new SecretsManagerClient(access).send(new DeleteSecretCommand({ SecretId: names.geminiSecret })),
    undo: (_, access) =>
      new SecretsManagerClient(access).send(new RestoreSecretCommand({ SecretId: names.geminiSecret })),
    expect: { verdict: 'preflight-failed', cause: /secret .*gemini-api-key.* marked for deletion/ },
  },
  {
    name: 'denied permission',
    inject: (_, access) =>
      new IAMClient(access).send(
        new PutRolePolicyCommand({
          RoleName: names.taskRole,
          PolicyName: 'storm',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: 'sqs:*', Resource: '*' }],
          }),
        }),
      ),
    undo: (_, access) =>
      new IAMClient(access).send(
        new DeleteRolePolicyCommand({ RoleName: names.taskRole, PolicyName: 'storm' }),
      ),
    expect: { verdict: 'rolled-back', cause: /queue: access_denied|may not do what the application asks/ },
  },
  {
    name: 'wrong architecture',
    ...change(
      'delivery/src/image/oci.ts',
      swap(
        "const [os, architecture] = platform.split('/')",
        `const [os] = platform.split('/')\n  const architecture = '${process.arch === 'arm64' ? 'amd64' : 'arm64'}'`,
      ),
    ),
    expect: { verdict: 'rolled-back', cause: /the image has no variant for/ },
  },
  {
    name: 'failing suite',
    ...change(APP, swap('await app.register(documented)', '')),
    expect: { verdict: 'rolled-back', cause: /smoke suite failed.*openapi\.json/ },
  },
  {
    name: 'error rate after the shift',
    ...inProduction("if (++seen > 20) return reply.code(500).send('storm')"),
    expect: { verdict: 'rolled-back', cause: /lost \d+ .*status 500/, spoilsRequests: true },
  },
]

/** Changes one file of the checkout; undone by git. */
function change(path: string, edit: (source: string, laptop: Laptop) => string) {
  return {
    inject: async (laptop: Laptop) => {
      const file = join(laptop.root, path)
      await writeFile(file, edit(await readFile(file, 'utf8'), laptop))
    },
    undo: ({ root }: Laptop) => promisify(execFile)('git', ['checkout', '-q', '--', path], { cwd: root }),
  }
}

function swap(find: string, replace: string): (source: string) => string {
  return source => {
    if (!source.includes(find)) throw new Error(`the source has no '${find}' any more: adapt the fault`)
    return source.replace(find, replace)
  }
}

/** A statement for each request that comes through the production listener; suites and health checks see nothing. */
function inProduction(statement: string) {
  return change(APP, (source, { baseUrl }) => {
    const guarded = `${ON_REQUEST}\n    if (request.headers.host === '${new URL(baseUrl).host}') { ${statement} }`
    return `let seen = 0\n${swap(ON_REQUEST, guarded)(source)}`
  })
}
