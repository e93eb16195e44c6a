import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { estimate } from './estimate.ts'
import { type Inventory, takeInventory } from './inventory.ts'
import { limitsOf } from './limits.ts'
import { priceBreaks } from './price-breaks.ts'
import { report } from './report.ts'
import { keyCallsADay, requestsADay, USAGE, type Usage, writeUnitsADay } from './usage-model.ts'

/** Counts and habits that can be reckoned by hand. */
const inventory: Inventory = {
  kmsKeys: 3,
  secrets: 1,
  natGateways: 3,
  endpointZones: 18,
  endpoints: ['sqs', 'logs'],
  publicAddresses: 6,
  loadBalancers: 1,
  wafAcls: 1,
  wafRules: 6,
  alarmMetrics: 50,
  compositeAlarms: 2,
  customMetrics: 100,
  dashboards: 7,
  backups: 365,
  dataEvents: true,
  cognito: 'PLUS',
  highThroughput: false,
  coldAfterDays: 90,
  logMonths: 72,
}
const usage: Usage = {
  ...USAGE,
  samples: 1000,
  uploads: 2,
  metrics: 10,
  reads: 10,
  insights: 3,
  authentications: 4,
  rawBytes: 100,
  tableBytes: 20,
  answerBytes: 10_000,
  tokensIn: 1000,
  tokensOut: 1000,
  months: 12,
}
const prod = ENVIRONMENTS.prod
const asked = { ...prod, backend: { ...prod.backend, geminiAgreement: true } }
const usd = (users: number, environment = prod, counts = inventory) => {
  const { lines } = estimate(environment, counts, users, usage)
  return Object.fromEntries(lines.map(line => [line.service, line.usd]))
}

test('an environment without users costs what stands there', () => {
  const idle = usd(0)
  // 730 h × (3 × (1 × 0.04048 + 2 × 0.004445) + 2 × (0.5 × 0.04048 + 1 × 0.004445))
  expect(idle.Fargate).toBeCloseTo(730 * (3 * 0.04937 + 2 * 0.024685), 2)
  // 730 h × (3 × 0.045 + 18 × 0.01 + 6 × 0.005)
  expect(idle.Network).toBeCloseTo(730 * 0.345, 2)
  expect(idle['Load balancer']).toBeCloseTo(16.425, 3)
  expect(idle.WAF).toBe(11)
  expect(idle['KMS and secrets']).toBeCloseTo(3.4, 6)
  // 50 × 0.1 + 2 × 0.5 + 100 × 0.3 + 7 × 3
  expect(idle.CloudWatch).toBeCloseTo(57, 6)
  expect([idle.DynamoDB, idle.Backup, idle.S3, idle.Cognito, idle.SQS, idle.Gemini]).toEqual([
    0, 0, 0, 0, 0, 0,
  ])
})

test('a hundred thousand users cost what their samples, requests and months do', () => {
  const busy = usd(100_000, asked)
  // a day: 20 KB × 3 / 2 + 1.5 × 10 × 2 + 4 × 2 = 68 write units; 20 / 4 / 2 + 10 + 40 = 52.5 read units
  expect(writeUnitsADay(usage)).toBe(68)
  // 3 M user-days: 204 M × 0.625 + 157.5 M × 0.125; 12 × 3 M × 20 KB = 720 GB × 0.45
  expect(busy.DynamoDB).toBeCloseTo(204 * 0.625 + 157.5 * 0.125 + 720 * 0.45, 4)
  expect(busy.Backup).toBeCloseTo(720 * 365 * 0.1, 2)
  // 300 GB a month: three months warm, nine cold; 6 M PUT and 6 M transitions
  expect(busy.S3).toBeCloseTo(900 * 0.023 + 2700 * 0.004 + 6 * 5 + 6 * 20, 4)
  expect(busy.Cognito).toBeCloseTo(2000, 6)
  expect(busy.SQS).toBeCloseTo(9, 6)
  expect(busy.CloudTrail).toBeCloseTo(12, 6)
  // 300,000 insights of 1,000 tokens in and 1,000 out
  expect(busy.Gemini).toBeCloseTo(300 * (1.25 + 10), 4)
  expect(usd(100_000).Gemini).toBe(0)
  // 12 unwrapped keys a day
  expect(keyCallsADay(usage)).toBe(12)
  expect(busy['KMS and secrets']).toBeCloseTo(3.4 + 36 * 1.01 * 3, 4)
})

test('tasks follow the load, and Spot takes off two thirds of three in four further workers', () => {
  const spot = { ...prod, worker: { ...prod.worker, spot: true, desiredCount: 5 } }
  const with5 = { ...spot, worker: { ...spot.worker, spot: false } }
  const saved = (usd(0, with5).Fargate ?? 0) - (usd(0, spot).Fargate ?? 0)
  // three of four, each 730 h × 0.024685
  expect(saved).toBeCloseTo(3 * 730 * 0.024685 * 0.68, 4)
  expect(estimate(spot, inventory, 0, usage).savings.spot).toBeCloseTo(saved, 6)
  // 16.1 requests a day × 10 M ÷ 1,440 min ÷ 600 = 186.3 tasks
  expect(requestsADay(usage)).toBeCloseTo(16.1, 6)
  const [fargate] = estimate(prod, inventory, 10_000_000, usage).lines
  expect(fargate?.basis).toContain('187 API tasks')
})

test('the plan of Cognito decides who is free', () => {
  expect(usd(10_000, prod, { ...inventory, cognito: 'ESSENTIALS' }).Cognito).toBe(0)
  expect(usd(30_000, prod, { ...inventory, cognito: 'ESSENTIALS' }).Cognito).toBeCloseTo(300, 6)
  expect(usd(30_000).Cognito).toBeCloseTo(600, 6)
})

test('the largest lever comes first, in words and with its amount', () => {
  const result = estimate(prod, inventory, 100_000, usage)
  expect(result.levers[0]?.what).toMatch(/^a backup a month instead of 365 full copies/)
  expect(result.levers[0]?.usd).toBeCloseTo(720 * 353 * 0.1, 2)
  expect(result.total).toBeCloseTo(
    result.lines.reduce((sum, { usd: part }) => sum + part, 0),
    6,
  )
  const text = report(result)
  expect(text).toContain('the largest lever: a backup a month instead of 365 full copies')
  expect(text).toContain("with an agreement, Gemini's tokens would add 3,375")
})

test('the usage model gives the write units that the bench measures', () => {
  // `node bench/ingest.ts 30`, a client, a day at once: 1,410 units in 30 days, the upload's own record aside
  expect(writeUnitsADay({ ...USAGE, uploads: 1 }) - 4).toBeCloseTo(1410 / 30, -1)
})

test('limits are where their arithmetic says', () => {
  const users = (what: string, counts = inventory) =>
    limitsOf(prod, counts, usage).find(limit => limit.what.startsWith(what))?.users
  // 300 ÷ (2 × 3 ÷ 86,400)
  expect(users('SQS')).toBeCloseTo(4_320_000, 0)
  expect(users('SQS', { ...inventory, highThroughput: true })).toBeCloseTo(1_008_000_000, 0)
  // 40,000 ÷ (68 × 3 ÷ 86,400)
  expect(users('DynamoDB table')).toBeCloseTo(16_941_176, 0)
  // 120 ÷ (4 × 3 ÷ 86,400 − 0.00004)
  expect(users('Cognito UserA')).toBeCloseTo(1_213_483, 0)
  // 10 vCPU ÷ (1,000 × 1.5 ÷ 20,000 ÷ 0.6 s × 3 ÷ 86,400)
  expect(users('Worker')).toBeCloseTo(2_304_000, 0)
  // a release of 6 + 1 vCPU does not fit into 6
  expect(users('Fargate')).toBe(0)
})

test('prices change where their tiers end', () => {
  // a user keeps 3 MB a month for 3 months, and takes 3 MB of answers a month
  expect(priceBreaks(prod, inventory, usage).map(({ users }) => Math.round(users))).toEqual([
    10_000,
    Math.round(50_000 / 0.009),
    Math.round(10_000 / 0.003),
    // 3 zones × 7.30 ÷ 0.035 = 625.7 GB; (16.1 + 2) × 30 × 500 bytes each
    Math.round(625.714285714 / 0.0002715),
  ])
})

test('counts what templates hold', () => {
  const Resources = {
    Plan: {
      Type: 'AWS::Backup::BackupPlan',
      Properties: {
        BackupPlan: {
          BackupPlanRule: [
            { ScheduleExpression: 'cron(0 5 * * ? *)', Lifecycle: { DeleteAfterDays: 30 } },
            { ScheduleExpression: 'cron(0 5 1 * ? *)', Lifecycle: { DeleteAfterDays: 304 } },
          ],
        },
      },
    },
    Endpoint: {
      Type: 'AWS::EC2::VPCEndpoint',
      Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] },
    },
    Gateway: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
    Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'one' } },
    Ratio: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, {}] },
    },
  }
  expect(takeInventory(prod, [{ Resources }])).toMatchObject({
    backups: 40,
    endpointZones: 2,
    alarmMetrics: 3,
    kmsKeys: 0,
  })
})
