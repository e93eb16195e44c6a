import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { lintTiming, type Timing } from './timing-lints.ts'

/** As the stacks and the task definitions of an environment set them. */
function timingOf(name: keyof typeof ENVIRONMENTS): Timing {
  const { loadBalancer, api, worker, deployment } = ENVIRONMENTS[name]
  return {
    environment: name,
    targetGroup: { name: 'blue', arn: 'arn:blue' },
    intervalSeconds: loadBalancer.healthCheckSeconds,
    timeoutSeconds: Math.max(2, loadBalancer.healthCheckSeconds - 2),
    healthyThreshold: loadBalancer.healthyThreshold,
    unhealthyThreshold: loadBalancer.unhealthyThreshold,
    deregistrationSeconds: loadBalancer.deregistrationSeconds,
    declared: loadBalancer,
    stopTimeoutSeconds: api.stopTimeoutSeconds,
    workerStopTimeoutSeconds: worker.stopTimeoutSeconds,
    graceSeconds: 30,
    strategy: deployment.strategy,
    bakeMinutes: deployment.bakeMinutes,
  }
}
const declared = (change: Partial<Timing['declared']>) => ({ ...timingOf('prod').declared, ...change })

test.each(Object.keys(ENVIRONMENTS) as (keyof typeof ENVIRONMENTS)[])(
  'the times of %s fit together',
  name => {
    expect(lintTiming(timingOf(name))).toEqual([])
  },
)

test.each<[string, Partial<Timing>, RegExp, RegExp]>([
  [
    'killed while draining',
    { stopTimeoutSeconds: 20 },
    /killed 20 s after SIGTERM, but blue drains for 30 s/,
    /set api.stopTimeoutSeconds to at least 30 in environments\/src\/prod.ts/,
  ],
  [
    'longer than Fargate stops',
    { workerStopTimeoutSeconds: 300 },
    /Fargate refuses .* 300 s for the worker/,
    /lower worker/,
  ],
  ['waits longer than it asks', { timeoutSeconds: 5 }, /waits 5 s .* every 5 s/, /timeout-seconds 3$/],
  [
    'slow to notice',
    { intervalSeconds: 20, declared: declared({ healthCheckSeconds: 20 }), graceSeconds: 60 },
    /20 s × 2 = 40 s/,
    /interval-seconds 15$/,
  ],
  [
    'killed before it is healthy',
    { intervalSeconds: 10, declared: declared({ healthCheckSeconds: 10 }), graceSeconds: 15 },
    /15 s of grace, but needs 10 s × 2 = 20 s/,
    /interval-seconds 7$/,
  ],
  ['no time to take back', { bakeMinutes: 0 }, /bake of 0 min/, /bakeMinutes to at least 1/],
])('%s', (_, change, says, fix) => {
  const found = lintTiming({ ...timingOf('prod'), ...change })
  expect(found).toEqual([{ says: expect.stringMatching(says), fix: expect.stringMatching(fix) }])
})

test('what drifted is mended by going back to the data, whatever else it contradicts', () => {
  const found = lintTiming({ ...timingOf('prod'), intervalSeconds: 30, deregistrationSeconds: 300 })
  expect(found.length).toBeGreaterThan(3)
  expect(new Set(found.map(({ fix }) => fix))).toEqual(
    new Set([
      'aws elbv2 modify-target-group --target-group-arn arn:blue --health-check-interval-seconds 5',
      'aws elbv2 modify-target-group-attributes --target-group-arn arn:blue --attributes Key=deregistration_delay.timeout_seconds,Value=30',
    ]),
  )
})
