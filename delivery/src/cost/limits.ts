import type { Environment } from '@clarity/environments'
import type { Inventory } from './inventory.ts'
import { workerSecondsADay } from './load.ts'
import { keyCallsADay, requestsADay, type Usage, writeUnitsADay } from './usage-model.ts'

/** Where a quota or partition stops growth. */
export interface Limit {
  what: string
  /** The limit with its unit. */
  value: string
  /** How the users come out of it. */
  arithmetic: string
  /** Active users from which it is too little; Infinity where users do not reach it. */
  users: number
  mitigation: string
  page: string
}

const DAY = 86_400
/** SQS FIFO without high throughput, and with it in us-east-1: calls a second of each kind. */
const FIFO = 300
const FIFO_FAST = 70_000
/** Fargate vCPUs of an account that nobody has raised. */
const VCPUS = 6
/** Table default on demand, and the start of a new table. */
const TABLE_UNITS = 40_000
const NEW_TABLE_UNITS = 4000
const PARTITION_UNITS = 1000
const S3_PUTS = 3500
const KMS_CALLS = 10_000
const AUTHENTICATIONS = 120
const AUTHENTICATIONS_A_MILLION = 40
const MAILS_A_DAY = 50
const TARGETS = 1000
/** Gemini 2.5 Pro requests a minute of the first and the third paid tier; an insight makes two. */
const GEMINI_FIRST = 150
const GEMINI_THIRD = 2000
const CALLS_AN_INSIGHT = 2
/** Days in which everybody signs up, each with one mail. */
const MONTH = 30

/** Write units that the export of a year costs: 1,174 in 30 days by `node bench/ingest.ts 30`. */
const EXPORT_UNITS = (1174 * 365) / 30

const aws = (path: string) => `https://docs.aws.amazon.com/${path}`

/** Every limit on the way, soonest first. Rates are those of the busiest hour. Pure. */
export function limitsOf(environment: Environment, inventory: Inventory, usage: Usage): Limit[] {
  const { api, worker, scaling } = environment
  const peak = (perDay: number) => (perDay * usage.peak) / DAY
  const at = (limit: number, perDay: number) => limit / peak(perDay)
  const shown = (limit: number, perDay: number, unit: string) =>
    `${number(limit)} ÷ (${number(perDay)} ${unit} a day × ${usage.peak} ÷ 86,400 s)`

  const release = 2 * api.desiredCount * (api.cpu / 1024) + worker.desiredCount * (worker.cpu / 1024)
  const requests = requestsADay(usage)
  const perMinute = (requests * usage.peak) / (DAY / 60)
  const insightsADay = usage.insights / 30
  const insightCalls = (insightsADay * CALLS_AN_INSIGHT * usage.peak) / (DAY / 60)
  const auth = peak(usage.authentications)
  const gemini = (rpm: number, tier: string, mitigation: string): Limit => ({
    what: `Gemini 2.5 Pro, ${tier}`,
    value: `${number(rpm)} requests a minute`,
    arithmetic: `${number(rpm)} ÷ (${number(insightsADay)} insights a day × ${CALLS_AN_INSIGHT} calls × ${usage.peak} ÷ 1,440 min)`,
    users: rpm / insightCalls,
    mitigation,
    page: 'https://ai.google.dev/gemini-api/docs/rate-limits',
  })
  const table = (units: number, what: string, mitigation: string): Limit => ({
    what,
    value: `${number(units)} write units/s`,
    arithmetic: shown(units, writeUnitsADay(usage), 'units'),
    users: at(units, writeUnitsADay(usage)),
    mitigation,
    page: aws('amazondynamodb/latest/developerguide/ServiceQuotas.html'),
  })
  const limits: Limit[] = [
    {
      what: 'Fargate vCPUs of a new account',
      value: `${VCPUS} vCPU`,
      arithmetic: `a release runs 2 × ${api.desiredCount} API tasks of ${api.cpu / 1024} and ${worker.desiredCount} workers of ${worker.cpu / 1024}: ${release} vCPU`,
      users: release > VCPUS ? 0 : at(VCPUS - release + api.desiredCount, requests),
      mitigation: 'raise "Fargate On-Demand vCPU resource count" first; `clarity preflight` checks it',
      page: aws('AmazonECS/latest/developerguide/service-quotas.html'),
    },
    {
      what: "Cognito's own mail",
      value: `${MAILS_A_DAY} mails a day`,
      arithmetic: `${MAILS_A_DAY} sign-ups a day × ${MONTH} days, when all join within a month`,
      users: MAILS_A_DAY * MONTH,
      mitigation: "SES in the user pool's EmailConfiguration",
      page: aws('cognito/latest/developerguide/quotas.html'),
    },
    {
      what: `API tasks of ${environment.name}`,
      value: `${api.maxCount} tasks`,
      arithmetic: `${api.maxCount} × ${scaling.requestsPerTarget} a minute ÷ (${number(requests)} a day × ${usage.peak} ÷ 1,440 min)`,
      users: (api.maxCount * scaling.requestsPerTarget) / perMinute,
      mitigation: `\`maxCount\` in environments/src/${environment.name}.ts, and the vCPU quota with it`,
      page: aws('AmazonECS/latest/developerguide/service-auto-scaling.html'),
    },
    {
      what: `Worker tasks of ${environment.name}`,
      value: `${worker.maxCount} tasks of ${worker.cpu / 1024} vCPU`,
      arithmetic: `${number((worker.maxCount * worker.cpu) / 1024)} vCPU ÷ (${number(workerSecondsADay(usage))} s of a vCPU a day × ${usage.peak} ÷ 86,400 s)`,
      users: at((worker.maxCount * worker.cpu) / 1024, workerSecondsADay(usage)),
      mitigation: `\`maxCount\` in environments/src/${environment.name}.ts; until then the queue takes the peak and results come later`,
      page: aws('AmazonECS/latest/developerguide/service-auto-scaling.html'),
    },
    gemini(
      GEMINI_FIRST,
      'first paid tier',
      'a higher tier, or Vertex AI; beyond it insights are worded without Gemini',
    ),
    gemini(GEMINI_THIRD, 'third paid tier', 'Vertex AI with provisioned throughput; Flash for short periods'),
    table(
      NEW_TABLE_UNITS,
      'DynamoDB, a new table at once',
      'warm throughput before a launch; it doubles by itself within 30 minutes otherwise',
    ),
    {
      what: 'Cognito UserAuthentication',
      value: `${AUTHENTICATIONS}/s and ${AUTHENTICATIONS_A_MILLION}/s a million users`,
      arithmetic: `${AUTHENTICATIONS} ÷ (${usage.authentications} a day × ${usage.peak} ÷ 86,400 s − ${AUTHENTICATIONS_A_MILLION} ÷ 1,000,000)`,
      users: AUTHENTICATIONS / (auth - AUTHENTICATIONS_A_MILLION / 1e6),
      mitigation: 'buy a higher rate; access tokens that last longer than 15 minutes',
      page: aws('cognito/latest/developerguide/quotas.html'),
    },
    {
      what: `SQS FIFO${inventory.highThroughput ? ', high throughput' : ''}`,
      value: `${number(inventory.highThroughput ? FIFO_FAST : FIFO)} calls/s of each kind (${number(FIFO * 10)} messages in batches)`,
      arithmetic: shown(inventory.highThroughput ? FIFO_FAST : FIFO, usage.uploads, 'uploads'),
      users: at(inventory.highThroughput ? FIFO_FAST : FIFO, usage.uploads),
      mitigation: inventory.highThroughput
        ? 'a second queue by hash of the user'
        : `high-throughput mode (${number(FIFO_FAST)}/s in us-east-1): a group is one user already`,
      page: aws('AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html'),
    },
    table(TABLE_UNITS, 'DynamoDB table, default', 'raise the table quota; fewer, larger uploads'),
    {
      what: 'Targets of a load balancer',
      value: `${number(TARGETS)} targets`,
      arithmetic: `${number(TARGETS)} ÷ 2 in a release × ${scaling.requestsPerTarget} a minute ÷ (${number(requests)} a day × ${usage.peak} ÷ 1,440 min)`,
      users: ((TARGETS / 2) * scaling.requestsPerTarget) / perMinute,
      mitigation: 'larger tasks that take more requests each; LCU reservation before a launch',
      page: aws('elasticloadbalancing/latest/application/load-balancer-limits.html'),
    },
    {
      what: 'KMS symmetric calls',
      value: `${number(KMS_CALLS)}/s (more in large regions)`,
      arithmetic: shown(KMS_CALLS, keyCallsADay(usage), 'unwrapped keys'),
      users: at(KMS_CALLS, keyCallsADay(usage)),
      mitigation: 'raise the quota; keep data keys longer than five minutes',
      page: aws('kms/latest/developerguide/requests-per-second.html'),
    },
    {
      what: 'S3 PUT of a prefix',
      value: `${number(S3_PUTS)}/s`,
      arithmetic: shown(S3_PUTS, usage.uploads, 'uploads'),
      users: at(S3_PUTS, usage.uploads),
      mitigation: 'S3 splits prefixes by itself: keys are `raw/<user>/…`',
      page: aws('AmazonS3/latest/userguide/optimizing-performance.html'),
    },
    {
      what: 'DynamoDB partition (one user)',
      value: `${number(PARTITION_UNITS)} write units/s`,
      arithmetic: `a year's export writes ${number(EXPORT_UNITS)} units into one user's partition: at least ${number(EXPORT_UNITS / PARTITION_UNITS)} s`,
      users: Number.POSITIVE_INFINITY,
      mitigation: 'none needed: a key is a user, and an import backs off',
      page: aws('amazondynamodb/latest/developerguide/bp-partition-key-design.html'),
    },
  ]
  return limits.sort((a, b) => a.users - b.users)
}

/** A number for a person: three digits that count below ten, thousands apart above. */
function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 1000 ? 1 : 0 })
}
