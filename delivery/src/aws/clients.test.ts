import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { createSts } from '@clarity/local-cloud/services/sts'
import { startTestCloud } from '@clarity/local-cloud/testing'
import { expect, test } from 'vitest'
import { clientConfig } from './clients.ts'

test('a call that is not answered is given up and tried again, and the second attempt may answer', async () => {
  const cloud = await startTestCloud({ services: [createSts] })
  const { requestHandler, ...config } = clientConfig(cloud.client)
  const client = new STSClient({ ...config, requestHandler: { ...requestHandler, requestTimeout: 200 } })
  cloud.faults.add({ service: 'sts', kind: 'delay', delayMs: 3_600_000, times: 1 })
  const { Account, $metadata } = await client.send(new GetCallerIdentityCommand({}))
  expect({ Account, attempts: $metadata.attempts }).toEqual({ Account: '124355672559', attempts: 2 })
  await cloud.dispose()
})
