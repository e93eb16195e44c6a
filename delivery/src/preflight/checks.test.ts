import { ENVIRONMENTS, HANDED_ON } from '@clarity/environments'
import { expect, test } from 'vitest'
import type { AlarmState } from '../aws/alarms.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import { renderRelease } from '../release/task-definitions.ts'
import type { Check, PreflightWorld } from './check.ts'
import { alarms } from './checks/alarms.ts'
import { freeAddresses } from './checks/free-addresses.ts'
import { liveWeights } from './checks/live-weights.ts'
import { permissions } from './checks/permissions.ts'
import { quota } from './checks/quota.ts'
import { trusts } from './checks/roles.ts'
import { opens } from './checks/security-groups.ts'
import { secretsOf } from './release-secrets.ts'

const environment = ENVIRONMENTS.prod
const handedOn = Object.fromEntries(HANDED_ON.map(key => [key, `the/${key}`])) as HandedOnValues
const release = renderRelease({ environment, handedOn, digest: 'sha256:a', tag: 'a', architecture: 'X86_64' })
const GREEN = handedOn['green-target-group-arn']
const BLUE = handedOn['blue-target-group-arn']

/** What the services would answer that the local cloud does not have, or not in every state. */
interface Answers {
  desired?: number
  watched?: string[]
  alarms?: AlarmState[]
  quota?: number
  weights?: [blue: number, green: number]
  free?: number[]
  revisions?: string[]
  caller?: string
}

async function run(check: Check, answers: Answers): Promise<string[]> {
  const { desired = 3, watched = [], weights = [0, 100], free = [200, 200], revisions = ['r7'] } = answers
  const service = {
    desiredCount: desired,
    runningCount: desired,
    currentServiceRevisions: revisions.map(arn => ({ arn })),
    deploymentConfiguration: { alarms: { alarmNames: watched, enable: true, rollback: true } },
  }
  const revision = { resolvedConfiguration: { loadBalancers: [{ targetGroupArn: GREEN }] } }
  const world = {
    environment,
    handedOn: {
      ...handedOn,
      'private-subnet-ids': free.map((_, at) => `subnet-${at}`).join(),
      'vpc-id': 'vpc-1',
    },
    release,
    ecs: { service: async () => service, revisions: async () => [revision] },
    alarms: { withPrefix: async () => answers.alarms ?? [] },
    quotas: { value: async () => answers.quota ?? 1000 },
    identity: { caller: async () => ({ account: environment.account, arn: answers.caller ?? '' }) },
    network: {
      subnets: async () =>
        free.map((AvailableIpAddressCount, at) => ({
          SubnetId: `subnet-${at}`,
          VpcId: 'vpc-1',
          AvailableIpAddressCount,
        })),
    },
    traffic: {
      rule: async () => ({
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: BLUE, Weight: weights[0] },
                { TargetGroupArn: GREEN, Weight: weights[1] },
              ],
            },
          },
        ],
      }),
    },
  } as unknown as PreflightWorld
  return (await check.run(world)).map(finding =>
    'fix' in finding
      ? `${finding.outcome}: ${finding.says} | ${finding.fix}`
      : `${finding.outcome}: ${finding.says}`,
  )
}

test('live weights: all of it on the group of the revision that serves', async () => {
  expect(await run(liveWeights, {})).toEqual(['passed: 100 % to green-target-group-arn'])
  expect(await run(liveWeights, { weights: [100, 0] })).toEqual([
    expect.stringMatching(
      /^failed: green-\S+, which has .* gets 0 % .*\| aws elbv2 modify-rule --rule-arn the\/production-rule-arn .*green-target-group-arn","Weight":100/,
    ),
  ])
  expect(await run(liveWeights, { weights: [1, 3] })).toEqual([expect.stringContaining('gets 75 %')])
  expect(await run(liveWeights, { weights: [0, 0] })).toEqual([expect.stringContaining('gets 0 %')])
  expect(await run(liveWeights, { revisions: ['r6', 'r7'] })).toEqual([
    expect.stringMatching(/^unchecked: .*2 current/),
  ])
})

test('alarms: those that deployments watch must be there and quiet; others are only mentioned', async () => {
  const ringing = (name: string): AlarmState => ({ name, state: 'ALARM', reason: 'too many 5xx' })
  const watched = ['clarity-api-5xx']
  expect(await run(alarms, { watched, alarms: [ringing('clarity-api-5xx')] })).toEqual([
    expect.stringMatching(
      /^failed: .*clarity-api-5xx is in ALARM.*too many 5xx \| .*describe-alarms --alarm-names clarity-api-5xx/,
    ),
  ])
  expect(await run(alarms, { watched })).toEqual([expect.stringContaining('clarity-api-5xx does not exist')])
  const quiet = { name: 'clarity-api-5xx', state: 'OK', reason: '' }
  expect(
    await run(alarms, { watched, alarms: [quiet, ringing('clarity-dlq'), ringing('clarity-dev-dlq')] }),
  ).toEqual([
    'passed: 1 deployment alarms, 2 alarms in all; in ALARM, but watched by no deployment: clarity-dlq',
  ])
})

test('quota and addresses: counted for twice the tasks, of what auto-scaling wants now', async () => {
  // 2 × (10 × 1 + 10 × 0.5) vCPU
  expect(await run(quota, { desired: 10, quota: 30 })).toEqual([expect.stringMatching(/^passed: .*30 of 30/)])
  expect(await run(quota, { desired: 10, quota: 29 })).toEqual([
    expect.stringMatching(/^failed: .*need 30, the quota is 29 \| .*L-3032A538 --desired-value 60/),
  ])
  // 2 × (10 + 10) tasks, of which 20 have their addresses
  expect(await run(freeAddresses, { desired: 10, free: [10, 10] })).toEqual([
    expect.stringMatching(/^passed/),
  ])
  expect(await run(freeAddresses, { desired: 10, free: [10, 9] })).toEqual([
    expect.stringMatching(/^failed: too few free addresses: subnet-0 10, subnet-1 9; 20 needed/),
  ])
  expect(await run(freeAddresses, { free: [200, 0] })).toEqual([
    expect.stringMatching(/^failed: .* \| free some in subnet-1 /),
  ])
})

test('permissions: root is limited by nothing; what is neither user nor role cannot be simulated', async () => {
  expect(await run(permissions, { caller: 'arn:aws:iam::124355672559:root' })).toEqual([
    expect.stringMatching(/^passed/),
  ])
  const caller = 'arn:aws:sts::124355672559:federated-user/ada'
  expect(await run(permissions, { caller })).toEqual([
    expect.stringMatching(/^unchecked: .*neither a user nor a role/),
  ])
})

test('security groups: by group, by range, by port, by protocol', () => {
  const cidr = '10.30.0.0/16'
  const open = (rule: object) => opens([rule], 8000, ['sg-1'], cidr)
  const tcp = { IpProtocol: 'tcp', FromPort: 8000, ToPort: 8000 }
  expect(open({ ...tcp, UserIdGroupPairs: [{ GroupId: 'sg-1' }] })).toBe(true)
  expect(open({ ...tcp, UserIdGroupPairs: [{ GroupId: 'sg-2' }] })).toBe(false)
  expect(open({ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] })).toBe(true)
  expect(open({ ...tcp, IpRanges: [{ CidrIp: '10.0.0.0/8' }] })).toBe(true)
  expect(open({ ...tcp, IpRanges: [{ CidrIp: '10.30.0.0/24' }] })).toBe(false)
  expect(open({ ...tcp, IpProtocol: 'udp', IpRanges: [{ CidrIp: '0.0.0.0/0' }] })).toBe(false)
  expect(open({ ...tcp, FromPort: 80, ToPort: 90, IpRanges: [{ CidrIp: '0.0.0.0/0' }] })).toBe(false)
})

test('trust policies: one statement or several, one service or several', () => {
  const policy = (Statement: unknown) => JSON.stringify({ Statement })
  const allow = (Service: unknown, Action: unknown = 'sts:AssumeRole') => ({
    Effect: 'Allow',
    Principal: { Service },
    Action,
  })
  const ecs = 'ecs-tasks.amazonaws.com'
  expect(trusts(policy(allow(ecs)), ecs)).toBe(true)
  expect(
    trusts(
      policy([allow('lambda.amazonaws.com'), allow(['ec2.amazonaws.com', ecs], ['sts:AssumeRole'])]),
      ecs,
    ),
  ).toBe(true)
  expect(trusts(policy([allow('ecs.amazonaws.com')]), ecs)).toBe(false)
  expect(trusts(policy([{ ...allow(ecs), Effect: 'Deny' }]), ecs)).toBe(false)
  expect(trusts(policy([allow(ecs, 'sts:TagSession')]), ecs)).toBe(false)
})

test('secrets: with and without selectors, and what ECS would not take', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:124355672559:secret:clarity/key-AbCdEf'
  const of = (valueFrom: string) =>
    secretsOf({
      ...release,
      api: { ...release.api, containerDefinitions: [{ secrets: [{ name: 'K', valueFrom }] }] },
      worker: { ...release.worker, containerDefinitions: [] },
    })[0]?.arn
  expect([of(arn), of(`${arn}:json:AWSCURRENT:`), of(`${arn}:json`), of('clarity/key')]).toEqual([
    arn,
    arn,
    undefined,
    undefined,
  ])
})
