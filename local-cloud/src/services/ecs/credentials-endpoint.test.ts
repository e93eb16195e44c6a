import { readFileSync } from 'node:fs'
import { RunTaskCommand } from '@aws-sdk/client-ecs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect, test } from 'vitest'
import { ACCOUNT, network, register, startEcs, taskIn } from './fixture.ts'

/** What the task's own process was given. */
async function environmentOfTask() {
  const { cloud, ecs } = await startEcs()
  const definition = await register(
    ecs,
    { command: ['node', 'server.js', 'idle'] },
    { taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/the-task` },
  )
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: 'main', taskDefinition: definition, networkConfiguration: network }),
  )
  const task = await taskIn(ecs, tasks?.[0]?.taskArn, 'RUNNING')
  const pid = task.containers?.[0]?.runtimeId?.split('-').at(-1)
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  const value = (name: string) => variables.find(v => v.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
  return { cloud, task, value }
}

test.runIf(process.platform === 'linux')('lends a task its role, to whoever has its token', async () => {
  const { cloud, task, value } = await environmentOfTask()
  const uri = value('AWS_CONTAINER_CREDENTIALS_FULL_URI')
  const authorization = value('AWS_CONTAINER_AUTHORIZATION_TOKEN')
  const answer = await fetch(uri, { headers: { authorization } })
  const lent = (await answer.json()) as Record<string, string>
  const sts = new STSClient({
    ...cloud.client,
    credentials: {
      accessKeyId: lent.AccessKeyId ?? '',
      secretAccessKey: lent.SecretAccessKey ?? '',
      sessionToken: lent.Token,
    },
  })
  const id = task.taskArn?.split('/').at(-1)
  expect((await sts.send(new GetCallerIdentityCommand())).Arn).toBe(
    `arn:aws:sts::${ACCOUNT}:assumed-role/the-task/${id}`,
  )
  expect((await fetch(uri)).status).toBe(403)
  expect((await fetch(uri, { headers: { authorization: `${authorization}x` } })).status).toBe(403)
})

test.runIf(process.platform === 'linux')('tells a task about itself', async () => {
  const { task, value } = await environmentOfTask()
  const uri = value('ECS_CONTAINER_METADATA_URI_V4')
  expect(await (await fetch(`${uri}/task`)).json()).toMatchObject({
    TaskARN: task.taskArn,
    Family: 'app',
    Revision: '1',
    KnownStatus: 'RUNNING',
    Containers: [{ Name: 'web' }],
  })
  expect(await (await fetch(uri)).json()).toMatchObject({ Name: 'web', KnownStatus: 'RUNNING' })
  expect((await fetch(`${uri}x`)).status).toBe(404)
})
