import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { FastifyInstance } from 'fastify'
import { createErasureStore } from '../../backend/src/adapters/dynamodb/erasure-store.ts'
import { createInsightStore } from '../../backend/src/adapters/dynamodb/insight-store.ts'
import { createSampleStore } from '../../backend/src/adapters/dynamodb/sample-store.ts'
import { putSummary } from '../../backend/src/adapters/dynamodb/summary-items.ts'
import { createWrappedKeys } from '../../backend/src/adapters/dynamodb/wrapped-keys.ts'
import { createGeminiWording } from '../../backend/src/adapters/gemini/wording.ts'
import { createVault } from '../../backend/src/adapters/kms/vault.ts'
import { createApp } from '../../backend/src/api/app.ts'
import { addDays } from '../../backend/src/domain/insights/facts.ts'
import { INSIGHT_METRICS } from '../../backend/src/domain/insights/metrics.ts'
import { createLog } from '../../backend/src/logging.ts'
import { newId } from '../../backend/src/new-id.ts'
import { createTable } from '../../test/backend/resources.ts'
import type { InsightCloud } from './cloud-child.ts'

export const TODAY = '2026-11-24'
const USER = '6f1c1c1e-0000-4000-8000-000000000001'
const tableName = 'clarity-insights'

/** The API with its insights alone, over a real table with 90 days of every measure, listening. */
export async function startInsights(cloud: InsightCloud, modelFetch: typeof fetch): Promise<FastifyInstance> {
  const client = new DynamoDBClient(cloud.client)
  const clock = { now: () => Date.now() }
  const inTable = { client, tableName, clock }
  await createTable(client, tableName)
  await fill({ client: DynamoDBDocumentClient.from(client), tableName })
  const log = createLog({ level: 'silent', release: 'bench', environment: 'bench', service: 'api' })
  const kms = new KMSClient(cloud.client)
  const vault = createVault({
    keyId: cloud.keyId,
    kms: async () => kms,
    keys: createWrappedKeys(inTable),
    now: () => performance.now(),
  })
  const app = await createApp({
    release: 'bench',
    log,
    tokens: { verify: async () => ({ id: USER }) },
    auth: {} as never,
    insights: {
      summaries: createSampleStore({ ...inTable, originals: { lookUp: async () => {} } }),
      store: createInsightStore({ ...inTable, vault, erasures: createErasureStore(inTable) }),
      wording: createGeminiWording({
        ...{ skip: false, baa: false, model: 'gemini-2.5-pro', random: Math.random, log },
        ...{ apiKey: cloud.apiKey, baseUrl: `${cloud.endpoint}/_gemini`, fetch: modelFetch },
      }),
      now: () => new Date(`${TODAY}T10:00:00Z`),
      newId: () => newId(),
    },
    checks: [],
    routes: [],
  } as Parameters<typeof createApp>[0])
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}

async function fill(table: Parameters<typeof putSummary>[0]): Promise<void> {
  for (const { name } of INSIGHT_METRICS)
    await Promise.all(
      Array.from({ length: 90 }, (_, ago) => {
        const figure = 60 + ((ago * 7919) % 41)
        const shown = { min: figure, max: figure, mean: figure, last: figure, sum: figure }
        const date = addDays(TODAY, -ago)
        const summary = { date, metric: name, unit: '', count: 24, flagged: 0, ...shown }
        return putSummary(table, USER, name, date, summary, 1)
      }),
    )
}
