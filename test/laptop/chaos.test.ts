import { expect, test } from 'vitest'
import { runChaos } from '../../bench/chaos/run.ts'

// the seed is one with two kills and a stop in six; a thousand of them, with other seeds: node bench/chaos.ts
test('what the local cloud acknowledged survives kill -9 and restarts in the middle of requests', {
  timeout: 60_000,
}, async () => {
  const { kills, stops, told } = await runChaos({ seed: 31, rounds: 6, restEvery: 6 })
  expect([kills, stops]).toEqual([2, 1])
  expect(told.map(({ name }) => name)).toEqual(['DynamoDB', 'S3', 'SQS', 'SQS FIFO', 'ECS and ALB'])
})
