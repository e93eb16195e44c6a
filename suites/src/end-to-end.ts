import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, createApiClient } from './api-client.ts'
import { type Check, expectEqual } from './suite.ts'
import { uuidOf } from './uuid-of.ts'

export interface EndToEndTarget {
  /** Without a trailing slash. */
  baseUrl: string
  /** A user who exists for this alone; one sample a day is left with them. */
  user: { email: string; password: string }
  /** Milliseconds since the epoch. */
  now: number
}

interface Upload {
  status: string
  reason?: string
}

const DAY_MS = 86_400_000
/** Pause between two looks at an upload, in ms; the check itself is bounded by the runner. */
const LOOK_MS = 50

/**
 * A sample's whole journey through a release: sign in, send, have it processed by the worker, read it back as it was
 * sent, and find that sending it again changes nothing.
 */
export function endToEnd({ baseUrl, user, now }: EndToEndTarget): Check[] {
  const api = createApiClient(baseUrl)
  const sample = sampleOf(now)
  let upload = ''
  return [
    { name: 'signs a user in', run: () => api.login(user.email, user.password) },
    {
      name: 'takes a sample and processes it',
      run: async signal => {
        upload = (await send()).upload_id
        for (;;) {
          const { status, reason } = await api.send<Upload>('GET', `/api/v1/uploads/${upload}`)
          if (status === 'processed') return
          if (status === 'failed') throw new Error(`the upload failed: ${reason}`)
          await sleep(LOOK_MS, undefined, { signal })
        }
      },
    },
    {
      name: 'gives it back as it was sent',
      run: async () => {
        const query = new URLSearchParams({
          metric: sample.type,
          from: sample.start,
          to: sample.end,
          limit: '100',
        })
        const { samples } = await api.send<{ samples: (typeof sample)[] }>(
          'GET',
          `/api/v1/health-data?${query}`,
        )
        const back = samples.find(({ uuid }) => uuid === sample.uuid)
        expectEqual(
          'whether the sample came back equal',
          JSON.stringify(sorted(back)),
          JSON.stringify(sorted(sample)),
        )
      },
    },
    {
      name: 'takes the same sample again without doubling it',
      run: async () => expectEqual('the upload of the same content', (await send()).upload_id, upload),
    },
    {
      name: "hides what is not the user's",
      run: async () => {
        const status = await api.send('GET', `/api/v1/uploads/${uuidOf(`${now}`)}`).then(
          () => 200,
          error => (error instanceof ApiError ? error.status : 0),
        )
        expectEqual('status of an upload that is not theirs', status, 404)
      },
    },
  ]

  function send(): Promise<{ upload_id: string }> {
    return api.send('POST', '/api/v1/health-data', { samples: [sample] })
  }
}

/** One sample a day, the same at each run of that day. */
function sampleOf(now: number) {
  const start = new Date(Math.floor(now / DAY_MS) * DAY_MS).toISOString().replace('.000Z', '+00:00')
  return {
    uuid: uuidOf(start),
    type: 'heart_rate',
    value: 60,
    unit: 'count/min',
    start,
    end: start.replace('00:00:00', '00:00:01'),
    source: { name: 'Clarity end-to-end suite' },
  }
}

function sorted(value: object | undefined): unknown {
  return value && Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
