import type { IncomingMessage } from 'node:http'
import { AwsError } from '../core/aws-error.ts'
import type { Clock } from '../core/clock.ts'
import type { RestHandler } from '../core/service.ts'
import type { Fault, Faults } from './faults.ts'

/**
 * The cloud's own control API, for the command line and for tests; loopback only, like everything here.
 * `GET /_clarity/health` · `POST|GET|DELETE /_clarity/faults` · `POST /_clarity/clock {"advanceMs": n}` ·
 * `POST /_clarity/stop` · `POST /_clarity/kill`
 */
export function createControl(parts: {
  faults: Faults
  clock: Clock
  describe(): object
  stop(): void
}): RestHandler {
  return async (request, response) => {
    const route = `${request.method} ${(request.url ?? '').split('?')[0]}`
    const answer = (body: object) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
    if (route === 'GET /_clarity/health') return answer(parts.describe())
    if (route === 'GET /_clarity/faults') return answer({ faults: parts.faults.list() })
    if (route === 'POST /_clarity/faults') {
      parts.faults.add((await json(request)) as Fault)
      return answer({ faults: parts.faults.list() })
    }
    if (route === 'DELETE /_clarity/faults') {
      parts.faults.clear()
      return answer({ faults: [] })
    }
    if (route === 'POST /_clarity/clock') {
      const { advanceMs } = (await json(request)) as { advanceMs: number }
      if (!(advanceMs >= 0)) throw new AwsError('ValidationException', 'advanceMs must be zero or more')
      parts.clock.advance(advanceMs)
      return answer({ now: parts.clock.now() })
    }
    if (route === 'POST /_clarity/kill') {
      process.kill(process.pid, 'SIGKILL')
      return
    }
    if (route === 'POST /_clarity/stop') {
      answer({ stopping: true })
      parts.stop()
      return
    }
    throw new AwsError('NotFound', `the control API has no ${route}`, 404)
  }
}

async function json(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AwsError('SerializationException', `the body is not JSON: ${(cause as Error).message}`)
  }
}
