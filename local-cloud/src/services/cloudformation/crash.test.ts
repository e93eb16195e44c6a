import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CreateStackCommand } from '@aws-sdk/client-cloudformation'
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { expect, test } from 'vitest'
import { openStore } from '../../core/store.ts'
import { startTestCloud } from '../../testing.ts'
import { createEc2 } from '../ec2/ec2.ts'
import { createIam } from '../iam/iam.ts'
import { createCloudFormation } from './cloudformation.ts'
import type { Stack } from './engine/model.ts'
import { stackDriver } from './testing.ts'

/** Enough that a kill in the middle is in the middle. */
const COUNT = 180

test('a stack that kill -9 broke off is finished at the next start, each role once', async () => {
  const state = await mkdtemp(join(tmpdir(), 'local-cloud-crash-'))
  const services = [createIam, createEc2, createCloudFormation]
  let child: ChildProcess | undefined
  try {
    const before = await startTestCloud({ state, services })
    await before.stop()
    const main = join(import.meta.dirname, '../../main.ts')
    child = spawn(process.execPath, [main, '--state', state, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const stacks = stackDriver({ client: { ...before.client, endpoint: await readyEndpoint(child) } })
    const input = {
      StackName: 's',
      TemplateBody: JSON.stringify(chain()),
      Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    }
    await stacks.client.send(new CreateStackCommand(input))
    await stacks.until(async () => {
      const done = (await stacks.events('s')).filter(event => event.ResourceStatus === 'CREATE_COMPLETE')
      return done.length > 5 ? true : undefined
    })
    child.kill('SIGKILL')
    await once(child, 'exit')

    const store = openStore(state)
    const [broken] = store.collection<Stack>('cloudformation', 'stack').list()
    store.close()
    expect(broken?.status).toBe('CREATE_IN_PROGRESS')

    const after = await startTestCloud({ state, services })
    const stack = await stackDriver(after).settled('s')
    const { Roles } = await new IAMClient(after.client).send(new ListRolesCommand({ MaxItems: COUNT }))
    await after.stop()
    expect(stack.StackStatus).toBe('CREATE_COMPLETE')
    expect(Roles).toHaveLength(COUNT)
  } finally {
    child?.kill('SIGKILL')
    await rm(state, { recursive: true, force: true })
  }
})

/** Named roles, one after the other, so that the crash finds the stack half made. */
function chain(): object {
  const Statement = [
    { Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ]
  const roles = Array.from({ length: COUNT }, (_, index) => [
    `Role${index}`,
    {
      Type: 'AWS::IAM::Role',
      Properties: { RoleName: `role-${index}`, AssumeRolePolicyDocument: { Statement } },
      ...(index > 0 ? { DependsOn: `Role${index - 1}` } : {}),
    },
  ])
  return { Resources: Object.fromEntries(roles) }
}

async function readyEndpoint(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)
    if (found) return found[0]
  }
  throw new Error('the cloud ended before it was ready')
}
