import { gunzipSync } from 'node:zlib'
import { ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { createS3 } from '../s3/s3.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing.ts'
import { named, register, standUp, startTarget, until } from './fixture.ts'
import { mayDeliver } from './log-permission.ts'

const ACCOUNT = '124355672559'

test('writes access and connection logs into a bucket whose policy lets it, in files of five minutes', async () => {
  const { cloud, elb, loadBalancerArn, blue, url, port } = await standUp({
    cloud: { services: [createS3, createElasticLoadBalancing] },
  })
  const target = await startTarget(named('blue'))
  await register(elb, blue, [target])
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true })
  const log = (...kinds: string[]) =>
    elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: loadBalancerArn,
        Attributes: kinds.flatMap(kind => [
          { Key: `${kind}_logs.s3.enabled`, Value: 'true' },
          { Key: `${kind}_logs.s3.bucket`, Value: 'logs' },
          { Key: `${kind}_logs.s3.prefix`, Value: `alb/${kind}` },
        ]),
      }),
    )
  const refusal = {
    name: 'InvalidConfigurationRequestException',
    message: 'Access Denied for bucket: logs. Please check S3bucket permission',
  }
  await expect(log('access')).rejects.toMatchObject(refusal)
  await s3.send(new CreateBucketCommand({ Bucket: 'logs' }))
  await expect(log('access')).rejects.toMatchObject(refusal)
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::logs/alb/*/AWSLogs/${ACCOUNT}/*`,
    Condition: {
      ArnLike: { 'aws:SourceArn': `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:loadbalancer/*` },
    },
  }
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'logs', Policy: JSON.stringify({ Statement }) }))
  await log('access', 'connection')

  await fetch(`${url}/one?a="b"`, { headers: { 'user-agent': 'a "test"' } }).then(r => r.text())
  await fetch(`${url}/gone`, { method: 'POST', body: 'x'.repeat(1000) }).then(r => r.text())
  cloud.clock.advance(5 * 60_000)
  const keys = await until(async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'logs' }))
    return Contents.length === 4 ? Contents.map(one => one.Key ?? '') : undefined
  })
  const day = new Date(cloud.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
  const id = loadBalancerArn.split(':loadbalancer/')[1]?.replaceAll('/', '.')
  const file = (kind: string, first: string) =>
    expect.stringMatching(
      new RegExp(
        `^alb/${kind}/AWSLogs/${ACCOUNT}/elasticloadbalancing/us-east-1/${day}/${first}${ACCOUNT}_elasticloadbalancing_us-east-1_${id}_\\d{8}T\\d{4}Z_127.0.0.1_\\w{8}.log.gz$`,
      ),
    )
  expect(keys).toEqual([
    `alb/access/AWSLogs/${ACCOUNT}/ELBAccessLogTestFile`,
    file('access', ''),
    `alb/connection/AWSLogs/${ACCOUNT}/ELBConnectionLogTestFile`,
    file('connection', 'conn_log.'),
  ])
  const read = async (Key = '') => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'logs', Key }))
    return gunzipSync((await Body?.transformToByteArray()) as Uint8Array)
      .toString()
      .trim()
      .split('\n')
  }
  const [first = '', second = ''] = await read(keys?.[1])
  const fields = first.match(/"[^"]*"|\S+/g) ?? []
  expect(fields).toHaveLength(30)
  expect([
    fields[0],
    fields[2],
    fields[4],
    fields[8],
    fields[9],
    fields[16],
    fields[19],
    fields[20],
    fields[22],
  ]).toEqual([
    'http',
    loadBalancerArn.split(':loadbalancer/')[1],
    `127.0.0.1:${target.port}`,
    '200',
    '200',
    blue,
    '"-"',
    '10',
    '"forward"',
  ])
  expect(fields[12]).toBe(`"GET http://127.0.0.1:${port}/one?a=%22b%22 HTTP/1.1"`)
  expect(fields[13]).toBe('"a \\x22test\\x22"')
  expect(fields[17]).toMatch(/^"Root=1-[0-9a-f]{8}-[0-9a-f]{24}"$/)
  expect(Number(second.match(/"[^"]*"|\S+/g)?.[10])).toBeGreaterThan(1000)
  expect(await read(keys?.[3])).toContainEqual(
    expect.stringMatching(new RegExp(`^\\S+ 127.0.0.1 \\d+ ${port} - - - "-" - - - ${fields[29]}$`)),
  )
})

test('reads of a policy whether logs may be delivered', () => {
  const object = { arn: 'arn:aws:s3:::b/AWSLogs/1/x', sourceArn: 'arn:lb', sourceAccount: '1' }
  const allow = { Effect: 'Allow', Principal: '*', Action: 's3:Put*', Resource: 'arn:aws:s3:::b/*' }
  const may = (...Statement: object[]) => mayDeliver(JSON.stringify({ Statement }), object)
  expect(may(allow)).toBe(true)
  expect(may({ ...allow, Principal: { AWS: 'arn:aws:iam::127311923021:root' } })).toBe(true)
  expect(may({ ...allow, Principal: { AWS: 'arn:aws:iam::999999999999:root' } })).toBe(false)
  expect(may({ ...allow, Resource: 'arn:aws:s3:::b/logs/*' })).toBe(false)
  expect(may({ ...allow, Condition: { StringEquals: { 'aws:SourceAccount': '2' } } })).toBe(false)
  expect(may({ ...allow, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })).toBe(false)
  const insecure = { Bool: { 'aws:SecureTransport': 'false' } }
  expect(may(allow, { ...allow, Effect: 'Deny', Condition: insecure })).toBe(true)
  expect(may(allow, { ...allow, Effect: 'Deny' })).toBe(false)
})
