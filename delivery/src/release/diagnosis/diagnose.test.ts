import { expect, test } from 'vitest'
import { diagnose } from './diagnose.ts'
import type { Facts } from './facts.ts'
import {
  deployment,
  ended,
  event,
  facts,
  IMAGE,
  notStarted,
  rolledBack,
  SECRET,
  stoppedForHealth,
  target,
  unhealthy,
} from './golden/facts.ts'

const BREAKER = rolledBack(
  'Service deployment rolled back because the circuit breaker threshold was exceeded.',
)
const BY_ORDER = rolledBack('Service deployment rolled back because StopServiceDeployment was called.')
const MISSING = `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${SECRET} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`
const GONE = `CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref ${IMAGE}: not found`
const CRASH = '{"level":"error","event":"failed","error":{"type":"TypeError","stack":[]}}'
const refused = target('Target.FailedHealthChecks', 'Health checks failed')
const settled = deployment({ status: 'SUCCESSFUL', stage: 'CLEAN_UP' })

test.each<[string, Partial<Facts>, string, string[]]>([
  [
    'the circuit breaker only says that it ended: the missing secret is the cause',
    {
      deployment: BREAKER,
      tasks: notStarted(MISSING, 3),
      events: event('(deployment ecs-svc/8028) deployment failed: tasks failed to start.'),
    },
    'secret-missing',
    ['circuit-breaker'],
  ],
  [
    'a crash explains targets that refuse',
    { tasks: ended(1, [CRASH], undefined, 2), targets: refused },
    'application-crashed',
    ['connection-refused'],
  ],
  [
    'taken back by order because the tasks crash',
    { deployment: BY_ORDER, tasks: ended(1, [CRASH]) },
    'application-crashed',
    ['stopped-by-order'],
  ],
  [
    'the load balancer had it stopped; that it was killed at the end is another matter',
    {
      events: unhealthy('Health checks failed with these codes: [404]'),
      tasks: stoppedForHealth().map(task => ({
        ...task,
        containers: [{ name: 'api', exitCode: 137 }],
        stoppingAt: new Date(0),
        executionStoppedAt: new Date(30_000),
      })),
    },
    'health-check-refused-by-path',
    ['killed-after-stop-timeout'],
  ],
  [
    'somebody deployed anew because the image was not there',
    {
      deployment: deployment({
        status: 'STOPPED',
        statusReason: 'Service deployment stopped because a new service deployment started: arn:x',
      }),
      tasks: notStarted(GONE, 2),
    },
    'image-not-found',
    ['superseded'],
  ],
  [
    'what befell more tasks comes first',
    { tasks: [...notStarted(GONE), ...notStarted(MISSING, 3)] },
    'secret-missing',
    ['image-not-found'],
  ],
  [
    'an alarm went off because the application crashed',
    {
      deployment: rolledBack(
        'Service deployment rolled back because alarm(s) went into ALARM state: api-5xx',
        {
          triggeredAlarms: ['api-5xx'],
        },
      ),
      tasks: ended(1, [CRASH], undefined, 2),
    },
    'application-crashed',
    ['alarm'],
  ],
])('%s', (_, change, cause, others) => {
  const found = diagnose(facts(change))
  expect(found.cause?.id).toBe(cause)
  expect(found.others.map(({ id }) => id)).toEqual(others)
})

test('a service whose deployment succeeded and whose tasks all run is healthy, whatever it recovered from', () => {
  const scaledIn = {
    ...(ended(143)[0] as Facts['tasks'][0]),
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/8028)',
  }
  const well = diagnose(facts({ deployment: settled, tasks: [scaledIn] }))
  expect(well).toMatchObject({ state: 'healthy', cause: undefined, others: [] })
  expect(well.summary).toBe('healthy: 2 of 2 tasks run, deployment SUCCESSFUL')
  const recovered = diagnose(facts({ deployment: settled, tasks: ended(137) }))
  expect(recovered).toMatchObject({ state: 'healthy', cause: undefined, others: [{ id: 'killed' }] })
})

test('a service that stands while an alarm rings is not called failing, but not well either', () => {
  const alarms = [{ name: 'clarity-queue-age', reason: 'Threshold Crossed' }]
  const stands = diagnose(facts({ deployment: settled, alarms }))
  expect(stands).toMatchObject({ state: 'failing', cause: { id: 'alarm-now' } })
  expect(stands.summary).toBe(
    'the service stands, but an alarm of the environment RINGS: 2 of 2 tasks run, deployment SUCCESSFUL',
  )
  const counts = { desired: 2, running: 1, pending: 0 }
  expect(diagnose(facts({ deployment: settled, alarms, counts })).summary).toMatch(/^FAILING/)
})

test('a deployment that goes on is under way while nothing speaks against it', () => {
  const checking = target('Elb.InitialHealthChecking', 'Initial health checks in progress', 'initial')
  expect(diagnose(facts({ targets: checking }))).toMatchObject({
    state: 'under-way',
    others: [{ id: 'still-being-checked' }],
  })
  const hooks = [{ id: 'ecs-pause-1', status: 'AWAITING_ACTION', expiresAt: new Date(0) }]
  const waiting = diagnose(facts({ deployment: deployment({ hooks, stage: 'POST_TEST_TRAFFIC_SHIFT' }) }))
  expect(waiting.summary).toContain('waits for an answer until 1970')
  expect(diagnose(facts({ deployment: settled, counts: { desired: 2, running: 1, pending: 1 } })).state).toBe(
    'under-way',
  )
})

test('targets that leave fail nothing', () => {
  const leaving = target(
    'Target.DeregistrationInProgress',
    'Target deregistration is in progress',
    'draining',
  )
  expect(diagnose(facts({ deployment: settled, targets: leaving })).state).toBe('healthy')
})

test('a failure that nothing known explains is told in the words of ECS', () => {
  const strange = diagnose(facts({ deployment: rolledBack('Service deployment failed for the moon.') }))
  expect(strange).toMatchObject({
    state: 'failing',
    cause: undefined,
    unexplained: ['deployment: Service deployment failed for the moon.'],
  })
})

test('what was said of several tasks stands once, with its count', () => {
  const { cause } = diagnose(facts({ tasks: notStarted(MISSING, 3) }))
  expect(cause?.evidence).toEqual([expect.stringMatching(/^task 4b1d\w{4}: Resource.*\(3 times\)$/)])
})

test('a fix names the resources of the release', () => {
  expect(diagnose(facts({ tasks: notStarted(GONE) })).cause?.fix).toMatch(
    /--repository-name clarity-backend --image-ids imageDigest=sha256:c0ffee.*clarity deploy prod/,
  )
  const worker = facts({ service: 'clarity-backend-worker-service', tasks: ended(1, [CRASH]) })
  expect(diagnose(worker).cause?.fix).toContain('clarity logs prod --service worker')
})

test('no value, address or secret of a log comes out, whichever rule quotes it', () => {
  const log = [
    'Error: sample 72.5 of jane.doe@example.com at 1980-05-03 is bad',
    'SyntaxError: Unexpected token, "heart_rate":72 is not valid JSON',
    `Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJl`,
    'GEMINI_API_KEY=AIzaSyA1234567890abcdefghijklmnopqrstuv failed',
    'configuration: GEMINI_API_KEY=verysecretvalue is refused for user 4455667788',
    '{"level":"error","event":"import of jane@example.com failed at 72","body":{"value":72},"error":{"type":"RangeError","message":"72 is high","stack":["at parse (file:///app/api.js:1:2)"]}}',
  ]
  for (const code of [1, 2, 137, 139, 143, 0]) {
    const text = JSON.stringify(diagnose(facts({ tasks: ended(code, log, undefined, 2) })))
    expect(text).not.toMatch(/\b72|jane|1980|eyJ|AIza|verysecret|556677|is high/)
    expect(text).toContain(code === 1 ? 'RangeError at parse (file:///app/api.js:1:2)' : 'cause')
  }
})
