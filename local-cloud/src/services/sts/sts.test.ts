import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createSts } from './sts.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSts] })
})
afterAll(() => cloud.dispose())

test('says who signs', async () => {
  const sts = new STSClient(cloud.client)
  expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({
    Account: '124355672559',
    Arn: 'arn:aws:iam::124355672559:user/local-operator',
  })
})

test('lends a role, whose credentials sign as that role', async () => {
  const lent = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::124355672559:role/clarity', RoleSessionName: 'a-task' }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken, Expiration } = lent.Credentials ?? {}
  expect(Expiration).toBeInstanceOf(Date)
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
  const sts = new STSClient({ ...cloud.client, credentials })
  const { Arn } = await sts.send(new GetCallerIdentityCommand())
  expect(Arn).toBe('arn:aws:sts::124355672559:assumed-role/clarity/a-task')
  const expired = new STSClient({ ...cloud.client, credentials, systemClockOffset: 3_700_000 })
  cloud.clock.advance(3_700_000)
  await expect(expired.send(new GetCallerIdentityCommand())).rejects.toMatchObject({
    name: 'ExpiredTokenException',
  })
  cloud.clock.advance(0)
})

test('refuses what is badly signed', async () => {
  const offset = cloud.clock.now() - Date.now()
  const wrong = (change: object) =>
    new STSClient({ ...cloud.client, systemClockOffset: offset, ...change }).send(
      new GetCallerIdentityCommand(),
    )
  const { accessKeyId } = cloud.client.credentials
  await expect(wrong({ credentials: { accessKeyId, secretAccessKey: 'guessed' } })).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  })
  await expect(
    wrong({ credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } }),
  ).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  })
  await expect(wrong({ systemClockOffset: offset - 16 * 60_000 })).rejects.toMatchObject({
    name: 'RequestTimeTooSkewed',
  })
})

test('answers 501 to what it does not have', async () => {
  const sts = new STSClient({ ...cloud.client, systemClockOffset: cloud.clock.now() - Date.now() })
  await expect(sts.send(new GetSessionTokenCommand())).rejects.toMatchObject({
    name: 'NotImplemented',
    $metadata: { httpStatusCode: 501 },
  })
})
