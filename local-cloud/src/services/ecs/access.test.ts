import { RunTaskCommand } from '@aws-sdk/client-ecs'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createIam } from '../iam/iam.ts'
import { network, ROLE, register, startEcs, taskIn } from './fixture.ts'
import { SERVICES } from './fixture-services.ts'

const PULL = ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']

/** Why a task with a secret stopped, or that it runs, where its execution role may do these things. */
async function outcomeOf(...Action: string[]) {
  const { cloud, ecs } = await startEcs({ services: [createIam, ...SERVICES] })
  const iam = new IAMClient(cloud.client)
  const named = { RoleName: ROLE.split('/').at(-1) as string }
  const trust = {
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  }
  await iam.send(new CreateRoleCommand({ ...named, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  const PolicyDocument = JSON.stringify({ Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
  await iam.send(new PutRolePolicyCommand({ ...named, PolicyName: 'inline', PolicyDocument }))
  const secret = await new SecretsManagerClient(cloud.client).send(
    new CreateSecretCommand({ Name: 'gemini', SecretString: 'value' }),
  )
  const definition = await register(ecs, {
    command: ['node', 'server.js', 'idle'],
    secrets: [{ name: 'KEY', valueFrom: secret.ARN as string }],
  })
  const { tasks } = await ecs.send(
    new RunTaskCommand({ cluster: 'main', taskDefinition: definition, networkConfiguration: network }),
  )
  return (status: string) => taskIn(ecs, tasks?.[0]?.taskArn, status)
}

test('an execution role that may pull and read the secret starts the task', async () => {
  const task = await outcomeOf(...PULL, 'secretsmanager:GetSecretValue')
  expect((await task('RUNNING')).lastStatus).toBe('RUNNING')
})

test('one without GetSecretValue makes the task fail, naming the action', async () => {
  const task = await outcomeOf(...PULL)
  expect((await task('STOPPED')).stoppedReason).toMatch(
    /^ResourceInitializationError: unable to pull secrets or registry auth: .*AccessDeniedException: User: \S+ is not authorized to perform: secretsmanager:GetSecretValue on resource: \S+:secret:gemini-\w+ because no identity-based policy allows the secretsmanager:GetSecretValue action/,
  )
})

test('one without GetAuthorizationToken cannot pull', async () => {
  const task = await outcomeOf(...PULL.slice(1), 'secretsmanager:GetSecretValue')
  expect((await task('STOPPED')).stoppedReason).toMatch(
    /^ResourceInitializationError: .*unable to retrieve ecr registry auth: .*ecr:GetAuthorizationToken on resource: \*/,
  )
})
