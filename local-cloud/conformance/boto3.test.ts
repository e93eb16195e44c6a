import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Opened, openOurs } from './target.ts'

const run = promisify(execFile)
const SCRIPT = new URL('boto3_client.py', import.meta.url).pathname

/** A Python that has boto3: the one that is named, the user's, or Debian's. */
const python = await find([process.env.CLARITY_PYTHON, 'python3', '/usr/bin/python3'])
async function find(programs: (string | undefined)[]): Promise<string | undefined> {
  for (const program of programs) {
    if (!program) continue
    const has = await run(program, ['-c', 'import boto3']).then(
      () => true,
      () => false,
    )
    if (has) return program
  }
  return undefined
}

let ours: Opened
beforeAll(async () => {
  ours = await openOurs()
})
afterAll(() => ours.close())

test.skipIf(!python)(
  'boto3, unmodified, reads every service (skipped where no Python has boto3)',
  async () => {
    const { endpoint, credentials } = ours.target.config
    const { stdout } = await run(
      python as string,
      [SCRIPT, endpoint, credentials.accessKeyId, credentials.secretAccessKey],
      { env: { PATH: process.env.PATH, AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' } },
    )
    const results = JSON.parse(stdout) as Record<string, string>
    expect(Object.entries(results).filter(([, result]) => result !== 'passed')).toEqual([])
    expect(Object.keys(results)).toHaveLength(10)
  },
)
