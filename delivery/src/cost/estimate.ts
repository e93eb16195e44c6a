import type { Environment, TaskSize } from '@clarity/environments'
import type { Inventory } from './inventory.ts'
import { type Load, loadOf } from './load.ts'
import { COGNITO_FREE, HOURS, PRICES, SPOT_DISCOUNT } from './prices.ts'
import { USAGE, type Usage } from './usage-model.ts'

/** One service's month. */
export interface CostLine {
  service: string
  usd: number
  /** What it is made of, in words and numbers. */
  basis: string
}

/** A change that would make the month cheaper. */
export interface Lever {
  what: string
  usd: number
}

export interface Estimate {
  environment: string
  users: number
  lines: CostLine[]
  total: number
  perUser: number
  /** What Fargate Spot and the cold storage class take off already; within the total. */
  savings: { spot: number; lifecycle: number }
  /** Largest first; each alone, against this estimate. */
  levers: Lever[]
  /** Gemini's month were it asked; 0 in the total where no agreement lets facts leave. */
  geminiIfAsked: number
}

/** Bytes that a queue, key or log call carries beside its content, both ways. */
const CALL_GB = 3e-6
/** SQS calls an upload: send, receive, delete. */
const QUEUE_CALLS = 3
/** Bytes of a CloudTrail event, of flow-log records a request, and what compression leaves of logs. */
const TRAIL_BYTES = 1200
const FLOW_BYTES = 240
const LOG_COMPRESSED = 0.15
/** A day of `bench/ingest-parts/watch-year.ts` as a JSON batch: 291 bytes a sample, 37 after gzip. */
const RAW_COMPRESSED = 37 / 291
/** Requests over which a client keeps its connection. */
const REQUESTS_A_CONNECTION = 4

/** The month of an environment with so many active users, by service. Pure: counts times prices. */
export function estimate(
  environment: Environment,
  inventory: Inventory,
  users: number,
  usage: Usage = USAGE,
): Estimate {
  const load = loadOf(environment, users, usage)
  const compute = fargate(environment, load)
  const geminiIfAsked =
    (load.insights * (usage.tokensIn * PRICES.geminiIn.usd + usage.tokensOut * PRICES.geminiOut.usd)) / 1e6
  const asked = environment.backend.geminiAgreement && !environment.backend.skipExternalServices
  const storage = raw(inventory, load, usage)
  const table = load.tableGb * (PRICES.dynamoStorage.usd + PRICES.dynamoPitr.usd)
  const units = (load.writeUnits * PRICES.dynamoWrite.usd + load.readUnits * PRICES.dynamoRead.usd) / 1e6
  const backup = load.tableGb * inventory.backups * PRICES.backupStorage.usd
  const lines: CostLine[] = [
    {
      service: 'Fargate',
      usd: compute.usd,
      basis: `${load.apiTasks} API tasks, ${load.workerTasks} worker tasks${compute.spotTasks > 0 ? `, ${compute.spotTasks} of them on Spot` : ''}, x86`,
    },
    {
      service: 'DynamoDB',
      usd: units + table,
      basis: `${millions(load.writeUnits)} M write, ${millions(load.readUnits)} M read units, ${load.tableGb.toFixed(0)} GB with point-in-time recovery`,
    },
    { service: 'Backup', usd: backup, basis: `${inventory.backups.toFixed(0)} full copies of the table` },
    { service: 'S3', usd: storage.usd, basis: storage.basis },
    {
      service: 'Cognito',
      usd: cognito(inventory.cognito, users),
      basis: `${inventory.cognito.toLowerCase()} plan`,
    },
    ...edge(inventory, load),
    network(inventory, load),
    {
      service: 'SQS',
      usd: (load.uploads * QUEUE_CALLS * PRICES.sqsFifo.usd) / 1e6,
      basis: `${QUEUE_CALLS} calls an upload`,
    },
    ...watching(inventory, load),
    keys(inventory, load),
    {
      service: 'Gemini',
      usd: asked ? geminiIfAsked : 0,
      basis: asked
        ? `${millions(load.insights)} M insights`
        : 'not asked: no agreement lets health facts leave',
    },
  ]
  const total = lines.reduce((sum, { usd }) => sum + usd, 0)
  const levers: Lever[] = [
    {
      what: `a backup a month instead of ${inventory.backups.toFixed(0)} full copies (point-in-time recovery covers the last 35 days)`,
      usd: inventory.backups > 12 ? backup * (1 - 12 / inventory.backups) : 0,
    },
    {
      what: 'raw bodies compressed in the bucket (gzip leaves an eighth)',
      usd: storage.stored * (1 - RAW_COMPRESSED),
    },
    {
      what: 'Cognito Essentials instead of Plus (gives up threat protection)',
      usd: inventory.cognito === 'PLUS' ? cognito('PLUS', users) - cognito('ESSENTIALS', users) : 0,
    },
    {
      what: 'one upload a day instead of several (fewer rewrites of chunks)',
      usd: units - unitsOfOneUpload(environment, users, usage),
    },
    { what: 'ARM64 instead of x86 tasks', usd: compute.usd - compute.arm },
    { what: 'Spot for workers beyond the first', usd: compute.spotTasks > 0 ? 0 : compute.couldSpot },
    {
      what: 'one NAT gateway instead of one a zone',
      usd: Math.max(0, inventory.natGateways - 1) * HOURS * PRICES.natHour.usd,
    },
    {
      what: 'AWS services by NAT instead of interface endpoints (their traffic then leaves the network)',
      usd: inventory.endpointZones * HOURS * PRICES.endpointHour.usd,
    },
    {
      what: 'Gemini 2.5 Flash instead of Pro (0.30 and 2.50 a million tokens)',
      usd: asked ? geminiIfAsked * 0.75 : 0,
    },
  ]
  return {
    environment: environment.name,
    users,
    lines,
    total,
    perUser: users > 0 ? total / users : 0,
    savings: { spot: compute.spotSaved, lifecycle: storage.saved },
    levers: levers.filter(({ usd }) => usd > 0).sort((a, b) => b.usd - a.usd),
    geminiIfAsked,
  }
}

function unitsOfOneUpload(environment: Environment, users: number, usage: Usage): number {
  const { writeUnits, readUnits } = loadOf(environment, users, { ...usage, uploads: 1 })
  return (writeUnits * PRICES.dynamoWrite.usd + readUnits * PRICES.dynamoRead.usd) / 1e6
}

/** Tasks on demand and, where the worker has it, on Spot: all but the first, three in four. */
function fargate({ api, worker }: Environment, { apiTasks, workerTasks }: Load) {
  const hourly = ({ cpu, memory }: TaskSize, vcpu: number, gb: number) =>
    (cpu / 1024) * vcpu + (memory / 1024) * gb
  const x86 = (size: TaskSize) => HOURS * hourly(size, PRICES.x86Vcpu.usd, PRICES.x86Memory.usd)
  const arm = (size: TaskSize) => HOURS * hourly(size, PRICES.armVcpu.usd, PRICES.armMemory.usd)
  const eligible = Math.floor((workerTasks - 1) * 0.75)
  const spotTasks = worker.spot ? eligible : 0
  const spotSaved = spotTasks * x86(worker) * SPOT_DISCOUNT
  return {
    usd: apiTasks * x86(api) + workerTasks * x86(worker) - spotSaved,
    arm: apiTasks * arm(api) + (workerTasks - spotTasks * SPOT_DISCOUNT) * arm(worker),
    spotTasks,
    spotSaved,
    couldSpot: eligible * x86(worker) * SPOT_DISCOUNT,
  }
}

function raw({ coldAfterDays }: Inventory, { rawGb, uploads }: Load, { months }: Usage) {
  const warm = Math.min(months, coldAfterDays / 30)
  const cold = months - warm
  const stored = rawGb * (warm * PRICES.s3Standard.usd + cold * PRICES.s3Cold.usd)
  const moves = (cold > 0 ? uploads * PRICES.s3ColdTransition.usd : 0) / 1e6
  return {
    usd: stored + moves + (uploads * PRICES.s3Put.usd) / 1e6,
    stored,
    saved: rawGb * cold * (PRICES.s3Standard.usd - PRICES.s3Cold.usd) - moves,
    basis: `${(rawGb * warm).toFixed(0)} GB standard, ${(rawGb * cold).toFixed(0)} GB cold, ${millions(uploads)} M PUT`,
  }
}

function cognito(plan: Inventory['cognito'], users: number): number {
  if (plan === 'PLUS') return users * PRICES.cognitoPlus.usd
  const price = plan === 'LITE' ? PRICES.cognitoLite : PRICES.cognitoEssentials
  return Math.max(0, users - COGNITO_FREE) * price.usd
}

/** LCU by what dominates: connections (25 a second each) or bytes (1 GB an hour each). */
export function lcusOf({ requests, rawGb, answersGb }: Load): number {
  return Math.max(requests / REQUESTS_A_CONNECTION / (HOURS * 3600) / 25, (rawGb + answersGb) / HOURS)
}

function edge({ loadBalancers, wafAcls, wafRules }: Inventory, load: Load): CostLine[] {
  const lcus = lcusOf(load)
  return [
    {
      service: 'Load balancer',
      usd: HOURS * (loadBalancers * PRICES.albHour.usd + lcus * PRICES.lcu.usd),
      basis: `${lcus.toFixed(1)} LCU`,
    },
    {
      service: 'WAF',
      usd:
        wafAcls * PRICES.wafAcl.usd +
        wafRules * PRICES.wafRule.usd +
        ((load.requests + load.authentications) * PRICES.wafRequests.usd) / 1e6,
      basis: `${wafRules} rules, ${millions(load.requests + load.authentications)} M requests`,
    },
  ]
}

/** Gateways, endpoints, addresses and bytes; those of S3 and DynamoDB are free. */
function network(inventory: Inventory, load: Load): CostLine {
  const { natGateways, endpointZones, publicAddresses, endpoints } = inventory
  const queueGb = load.uploads * QUEUE_CALLS * CALL_GB
  const inside = (endpoints.includes('sqs') ? queueGb : 0) + (endpoints.includes('logs') ? load.logsGb : 0)
  const outside = queueGb + load.logsGb - inside + load.authentications * CALL_GB
  return {
    service: 'Network',
    usd:
      HOURS *
        (natGateways * PRICES.natHour.usd +
          endpointZones * PRICES.endpointHour.usd +
          publicAddresses * PRICES.publicAddress.usd) +
      outside * PRICES.natByte.usd +
      inside * PRICES.endpointByte.usd +
      load.answersGb * PRICES.transferOut.usd,
    basis: `${natGateways} NAT, ${endpointZones} endpoints × zones, ${publicAddresses} addresses, ${load.answersGb.toFixed(0)} GB out`,
  }
}

function watching(inventory: Inventory, load: Load): CostLine[] {
  const { alarmMetrics, compositeAlarms, customMetrics, dashboards, dataEvents, logMonths } = inventory
  // a touch on writing, one on reading
  const events = dataEvents ? load.uploads * 2 : 0
  const logs = load.logsGb + (events * TRAIL_BYTES + load.requests * FLOW_BYTES) / 1e9
  return [
    {
      service: 'CloudWatch',
      usd:
        alarmMetrics * PRICES.alarm.usd +
        compositeAlarms * PRICES.compositeAlarm.usd +
        customMetrics * PRICES.metric.usd +
        dashboards * PRICES.dashboard.usd,
      basis: `${alarmMetrics} metrics under alarm, ${compositeAlarms} composite, ${customMetrics} custom metrics, ${dashboards} dashboards`,
    },
    {
      service: 'CloudWatch logs',
      usd: logs * (PRICES.logsIn.usd + logMonths * LOG_COMPRESSED * PRICES.logsKept.usd),
      basis: `${logs.toFixed(1)} GB in, kept ${logMonths.toFixed(0)} months`,
    },
    {
      service: 'CloudTrail',
      usd: (events * PRICES.trailData.usd) / 1e6,
      basis: `${millions(events)} M data events`,
    },
  ]
}

/** What remains beside users' data keys is about one call in a hundred: bucket keys, and SQS's and DynamoDB's own caches. */
function keys({ kmsKeys, secrets }: Inventory, { keyCalls }: Load): CostLine {
  return {
    service: 'KMS and secrets',
    usd:
      kmsKeys * PRICES.kmsKey.usd + secrets * PRICES.secret.usd + (keyCalls * PRICES.kmsRequests.usd) / 1e6,
    basis: `${kmsKeys} keys, ${secrets} secrets, ${millions(keyCalls)} M calls`,
  }
}

function millions(count: number): string {
  const value = count / 1e6
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}
