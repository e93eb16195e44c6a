import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AdminConfirmSignUpCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { type ApiClient, ApiError, createApiClient, type WatchSample, watchData } from '@clarity/suites'
import { clientConfig } from '../aws/clients.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { type Emit, runStep } from '../ui/events.ts'
import { type DemoUser, recallDemoUser, rememberDemoUser } from './demo-user.ts'

export interface DemoResult {
  user: DemoUser
  samples: number
  narrative: string
  generatedBy: string
  /** What worded it, as it names itself; absent where no model did. */
  model?: string
  /** False when all of it was there already. */
  created: boolean
}

const DAYS = 14
const DAY_MS = 86_400_000
const BATCH = 2000
/** Longest that one upload may take to be processed, in ms. */
const PROCESSING_MS = 60_000

interface DemoOptions {
  baseUrl: string
  access: Access
  userPoolId: string
  state: string
  emit: Emit
}

/** Signs a demo user up, sends a generated fortnight through the public API, and asks for an insight. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { baseUrl, emit, state } = options
  const api = createApiClient(baseUrl)
  const known = recallDemoUser(state)
  if (known && (await signsIn(api, known))) {
    const list = await api.send<{ insights: Insight[] }>('GET', '/api/v1/insights')
    const insight = list.insights[0]
    if (insight) return { ...words(insight), user: known, samples: 0, created: false }
  }
  const user = known ?? {
    email: 'demo@clarity-loop.example',
    password: `Demo-${randomBytes(9).toString('base64url')}-7`,
  }
  rememberDemoUser(state, user)
  await runStep(emit, 'demo.user', 'sign a demo user up', () => signUp(api, user, options))
  const samples = watchData({ days: DAYS, end: Math.floor(Date.now() / DAY_MS) * DAY_MS, seed: 7 })
  await runStep(
    emit,
    'demo.data',
    `import a generated fortnight (${samples.length} samples) through the API`,
    step => sendAll(api, samples, step.progress),
    counts => `${counts.accepted} stored, ${counts.duplicate} were there`,
  )
  const insight = await runStep(emit, 'demo.insight', 'ask for an insight', () =>
    api.send<Insight>('POST', '/api/v1/insights', {}),
  )
  return { ...words(insight), user, samples: samples.length, created: true }
}

interface Insight {
  narrative: string
  generated_by: string
  model?: string
}

function words({ narrative, generated_by: generatedBy, model }: Insight) {
  return { narrative, generatedBy, model }
}

async function signsIn(api: ApiClient, { email, password }: DemoUser): Promise<boolean> {
  try {
    await api.login(email, password)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false
    throw error
  }
}

async function signUp(api: ApiClient, user: DemoUser, { access, userPoolId }: DemoOptions): Promise<void> {
  if (await signsIn(api, user)) return
  await api.register(user.email, user.password)
  // a person would type the code from the mail; the operator's own permission stands in for it
  const cognito = new CognitoIdentityProviderClient(clientConfig(access))
  await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId: userPoolId, Username: user.email }))
  await api.login(user.email, user.password)
}

async function sendAll(
  api: ApiClient,
  samples: WatchSample[],
  progress: (message: string) => void,
): Promise<{ accepted: number; duplicate: number }> {
  const total = { accepted: 0, duplicate: 0 }
  for (let at = 0; at < samples.length; at += BATCH) {
    const batch = samples.slice(at, at + BATCH)
    const { upload_id } = await api.send<{ upload_id: string }>('POST', '/api/v1/health-data', {
      samples: batch,
    })
    const counts = await processed(api, upload_id)
    total.accepted += counts.accepted
    total.duplicate += counts.duplicate
    progress(`${at + batch.length} of ${samples.length}`)
  }
  return total
}

interface Upload {
  status: string
  reason?: string
  counts: { accepted: number; duplicate: number; rejected: number }
}

async function processed(api: ApiClient, id: string): Promise<Upload['counts']> {
  const deadline = performance.now() + PROCESSING_MS
  while (performance.now() < deadline) {
    const upload = await api.send<Upload>('GET', `/api/v1/uploads/${id}`)
    if (upload.status === 'processed') return upload.counts
    if (upload.status === 'failed') throw new Error(`upload ${id} failed: ${upload.reason}`)
    await sleep(50)
  }
  throw new ClarityError(
    'not_processed',
    `upload ${id} was stored but not processed within ${PROCESSING_MS / 1000} s`,
    "see 'clarity status local' (does the worker run?) and 'clarity logs local --service worker'",
  )
}
