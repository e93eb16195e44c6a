import { describe, expect, test } from 'vitest'
import type { Laptop } from '../support/laptop.ts'
import { awsOn, CLIS } from './aws-command.ts'

const API = 'clarity-backend-service'
const CLUSTER = ['--cluster', 'clarity-backend-cluster']
const QUEUE = 'clarity-health-processing.fifo'

/**
 * What an operator asks awscli, unmodified, and what the laptop's AWS must truthfully answer: every version one question
 * in each wire protocol, the newest all of them.
 */
export function awscliAnswers(laptop: () => Laptop): void {
  if (CLIS.length === 0) {
    test.skip('awscli answers: no awscli on this machine')
    return
  }
  describe.each(CLIS)('awscli $version', ({ command, version }) => {
    const aws = (...args: string[]) => awsOn(laptop(), command).text(args)
    const json = (...args: string[]) => awsOn(laptop(), command).json(args)
    const testNewest = CLIS.at(-1)?.version === version ? test : test.skip

    test('query, JSON and REST: sts get-caller-identity, dynamodb list-tables, s3 ls', async () => {
      const [identity, tables, buckets] = await Promise.all([
        json('sts', 'get-caller-identity'),
        json('dynamodb', 'list-tables'),
        aws('s3', 'ls'),
      ])
      expect(identity).toMatchObject({ Account: '124355672559' })
      expect(tables.TableNames).toEqual(
        expect.arrayContaining(['clarity-deploy-lock', 'clarity-health-data']),
      )
      expect(buckets).toContain('clarity-health-raw-124355672559')
    })

    test('sqs get-queue-attributes', async () => {
      const { QueueUrl } = await json('sqs', 'get-queue-url', '--queue-name', QUEUE)
      const query = ['--queue-url', QueueUrl, '--attribute-names', 'All']
      expect((await json('sqs', 'get-queue-attributes', ...query)).Attributes).toMatchObject({
        ApproximateNumberOfMessages: '0',
        FifoQueue: 'true',
      })
    })

    testNewest('cloudformation describe-stacks', async () => {
      const { Stacks } = await json('cloudformation', 'describe-stacks')
      const states = Stacks.map(({ StackName, StackStatus }: Record<string, string>) => [
        StackName,
        StackStatus,
      ])
      expect(states).toEqual(
        expect.arrayContaining(
          ['network', 'data', 'edge', 'compute'].map(part => [`clarity-${part}`, 'CREATE_COMPLETE']),
        ),
      )
    })

    testNewest('ecs describe-services and list-tasks', async () => {
      const services = [API, 'clarity-backend-worker-service']
      const [answer, { taskArns }] = await Promise.all([
        json('ecs', 'describe-services', ...CLUSTER, '--services', ...services),
        json('ecs', 'list-tasks', ...CLUSTER, '--service-name', API),
      ])
      expect(answer.failures).toEqual([])
      // how many depends on their load: scaling is real
      const [api, worker] = answer.services
      expect([api.status, worker.status]).toEqual(['ACTIVE', 'ACTIVE'])
      expect([api.runningCount, worker.runningCount]).toEqual([api.desiredCount, worker.desiredCount])
      expect(taskArns).toHaveLength(api.runningCount)
    })

    testNewest('elbv2 describe-target-health', async () => {
      const { TargetGroups } = await json('elbv2', 'describe-target-groups')
      const health = await Promise.all(
        TargetGroups.map((group: { TargetGroupArn: string }) =>
          json('elbv2', 'describe-target-health', '--target-group-arn', group.TargetGroupArn),
        ),
      )
      const states = health
        .flatMap(answer => answer.TargetHealthDescriptions)
        .map(target => target.TargetHealth.State)
      expect(states.filter(state => state === 'healthy').length).toBeGreaterThanOrEqual(2)
    })

    // version 1 has no such command
    test.skipIf(version.startsWith('1.'))('logs tail /ecs/clarity-backend', async () => {
      expect(await aws('logs', 'tail', '/ecs/clarity-backend', '--since', '1h')).toContain('ecs/api/')
    })
  })
}
