import {
  AssociateWebACLCommand,
  CheckCapacityCommand,
  CreateIPSetCommand,
  CreateWebACLCommand,
  DeleteWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  ListResourcesForWebACLCommand,
  ListWebACLsCommand,
  UpdateWebACLCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { createWafv2 } from './wafv2.ts'

let cloud: TestCloud
let waf: WAFV2Client
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createWafv2] })
  waf = new WAFV2Client(cloud.client)
})
afterAll(() => cloud.dispose())

const VisibilityConfig = { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'm' }
const acl = { Name: 'edge', Scope: 'REGIONAL' as const, DefaultAction: { Allow: {} }, VisibilityConfig }

test('a web ACL is changed only by who has read it last, and not removed while it is used', async () => {
  const { Summary } = await waf.send(new CreateWebACLCommand(acl))
  const { Id, ARN: WebACLArn, LockToken } = Summary ?? {}
  await expect(waf.send(new CreateWebACLCommand(acl))).rejects.toMatchObject({
    name: 'WAFDuplicateItemException',
  })
  const change = { ...acl, Id, LockToken, Description: 'changed' }
  const { NextLockToken } = await waf.send(new UpdateWebACLCommand(change))
  await expect(waf.send(new UpdateWebACLCommand(change))).rejects.toMatchObject({
    name: 'WAFOptimisticLockException',
  })
  const ResourceArn = 'arn:aws:elasticloadbalancing:us-east-1:124355672559:loadbalancer/app/a/1'
  await waf.send(new AssociateWebACLCommand({ WebACLArn, ResourceArn }))
  const found = await waf.send(new GetWebACLForResourceCommand({ ResourceArn }))
  expect(found.WebACL).toMatchObject({ Name: 'edge', Description: 'changed', Id })
  const { ResourceArns } = await waf.send(new ListResourcesForWebACLCommand({ WebACLArn }))
  expect(ResourceArns).toEqual([ResourceArn])
  const removal = { Name: 'edge', Scope: 'REGIONAL' as const, Id, LockToken: NextLockToken }
  await expect(waf.send(new DeleteWebACLCommand(removal))).rejects.toMatchObject({
    name: 'WAFAssociatedItemException',
  })
  await waf.send(new DisassociateWebACLCommand({ ResourceArn }))
  await waf.send(new DeleteWebACLCommand(removal))
  expect((await waf.send(new ListWebACLsCommand({ Scope: 'REGIONAL' }))).WebACLs).toEqual([])
})

test('lists have pages, scopes are apart, and what is not here says so', async () => {
  for (const Name of ['a', 'b', 'c']) await waf.send(new CreateWebACLCommand({ ...acl, Name }))
  await waf.send(new CreateWebACLCommand({ ...acl, Name: 'far', Scope: 'CLOUDFRONT' }))
  const first = await waf.send(new ListWebACLsCommand({ Scope: 'REGIONAL', Limit: 2 }))
  expect(first.WebACLs?.map(one => one.Name)).toEqual(['a', 'b'])
  const { NextMarker } = first
  const second = await waf.send(new ListWebACLsCommand({ Scope: 'REGIONAL', Limit: 2, NextMarker }))
  expect([second.WebACLs?.map(one => one.Name), second.NextMarker]).toEqual([['c'], undefined])
  const set = { Name: 'ips', Scope: 'REGIONAL' as const, IPAddressVersion: 'IPV4' as const }
  const { Summary } = await waf.send(new CreateIPSetCommand({ ...set, Addresses: ['10.0.0.0/8'] }))
  expect(Summary?.ARN).toMatch(/:regional\/ipset\/ips\//)
  await expect(waf.send(new CheckCapacityCommand({ Scope: 'REGIONAL', Rules: [] }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
})
