import type { Environment } from '@clarity/environments'
import { DAYS, keyCallsADay, readUnitsADay, requestsADay, type Usage, writeUnitsADay } from './usage-model.ts'

const MINUTES = DAYS * 24 * 60
/** Share of its vCPU that a worker is let use. */
const WORKER_SHARE = 0.6

/** What so many users ask of each part; a month unless it says otherwise. GB are 10^9 bytes. */
export interface Load {
  users: number
  requests: number
  uploads: number
  writeUnits: number
  readUnits: number
  insights: number
  authentications: number
  /** Calls to KMS. */
  keyCalls: number
  tableGb: number
  /** GB of raw bodies that come in. */
  rawGb: number
  answersGb: number
  logsGb: number
  apiTasks: number
  workerTasks: number
}

/** The mean over a month: tasks are never fewer than the environment keeps, and follow the load above that. */
export function loadOf(environment: Environment, users: number, usage: Usage): Load {
  const month = users * DAYS
  const requests = month * requestsADay(usage)
  const uploads = month * usage.uploads
  const workerVcpus = (month * workerSecondsADay(usage)) / (MINUTES * 60)
  return {
    users,
    requests,
    uploads,
    writeUnits: month * writeUnitsADay(usage),
    readUnits: month * readUnitsADay(usage),
    insights: users * usage.insights,
    authentications: month * usage.authentications,
    keyCalls: month * keyCallsADay(usage) * 1.01,
    tableGb: (month * usage.months * usage.samples * usage.tableBytes) / 1e9,
    rawGb: (month * usage.samples * usage.rawBytes) / 1e9,
    answersGb: (month * usage.reads * usage.answerBytes) / 1e9,
    logsGb: ((requests + uploads) * usage.logBytes) / 1e9,
    apiTasks: Math.max(
      environment.api.desiredCount,
      Math.ceil(requests / MINUTES / environment.scaling.requestsPerTarget),
    ),
    workerTasks: Math.max(
      environment.worker.desiredCount,
      Math.ceil(workerVcpus / (environment.worker.cpu / 1024)),
    ),
  }
}

/** Seconds of a vCPU a user and day, idle share included: a day's chunk is read and written again as it grows. */
export function workerSecondsADay({ samples, uploads, samplesPerVcpuSecond }: Usage): number {
  return (samples * (uploads + 1)) / 2 / samplesPerVcpuSecond / WORKER_SHARE
}
