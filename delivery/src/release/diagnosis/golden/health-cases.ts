import type { Facts } from '../facts.ts'
import type { Case } from './case.ts'
import { facts, stoppedForHealth, target, unhealthy } from './facts.ts'

export const HEALTH_CASES: Case[] = [
  [
    'health-check-refused-by-path',
    { targets: target('Target.ResponseCodeMismatch', 'Health checks failed with these codes: [404]') },
    /404.*\/health/,
  ],
  [
    'health-check-refused-by-path',
    { tasks: stoppedForHealth(), events: unhealthy('Health checks failed with these codes: [404]') },
  ],
  [
    'health-check-server-error',
    { tasks: stoppedForHealth(), events: unhealthy('Health checks failed with these codes: [503]') },
  ],
  [
    'health-check-timeout',
    { targets: target('Target.Timeout', 'Request timed out'), tasks: stoppedForHealth() },
  ],
  [
    'connection-refused',
    { targets: target('Target.FailedHealthChecks', 'Health checks failed'), tasks: stoppedForHealth() },
  ],
  [
    'wrong-port',
    {
      targets: target('Target.FailedHealthChecks', 'Health checks failed'),
      taskDefinition: { ...(facts().taskDefinition as NonNullable<Facts['taskDefinition']>), port: '9000' },
    },
    /9000.*8000/,
  ],
  [
    'listens-on-loopback',
    {
      targets: target('Target.FailedHealthChecks', 'Health checks failed'),
      taskDefinition: {
        ...(facts().taskDefinition as NonNullable<Facts['taskDefinition']>),
        host: '127.0.0.1',
      },
    },
  ],
  [
    'not-listening-in-time',
    {
      tasks: stoppedForHealth(['{"level":"info","event":"loading"}']),
      events: unhealthy('Health checks failed'),
    },
  ],
  [
    'target-group-unused',
    {
      targets: target(
        'Target.NotInUse',
        'Target group is not configured to receive traffic from the load balancer',
        'unused',
      ),
    },
  ],
  [
    'target-not-registered',
    { targets: target('Target.NotRegistered', 'Target is not registered to the target group', 'unused') },
  ],
  ['target-invalid', { targets: target('Target.InvalidState', 'Target is in the stopped state', 'unused') }],
  [
    'target-invalid',
    {
      targets: target(
        'Target.IpUnusable',
        'The target IP address is reserved for use by a load balancer',
        'unused',
      ),
    },
  ],
  [
    'health-check-off',
    {
      targets: target(
        'Target.HealthCheckDisabled',
        'Health checks are disabled for this target group',
        'unavailable',
      ),
    },
  ],
  [
    'load-balancer-error',
    { targets: target('Elb.InternalError', 'Health checks failed due to an internal error', 'unavailable') },
  ],
  [
    'container-health-check',
    {
      tasks: [
        {
          ...(stoppedForHealth()[0] as Facts['tasks'][0]),
          stoppedReason: 'Task failed container health checks',
        },
      ],
    },
  ],
  ['load-balancer-health-check', { tasks: stoppedForHealth() }],
]
