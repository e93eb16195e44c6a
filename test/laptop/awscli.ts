import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Laptop } from '../support/laptop.ts'

const run = promisify(execFile)

/** Every awscli on this machine: version 1 comes from pip, version 2 (which has `logs tail`) from Debian. */
const INSTALLED = ['aws', '/usr/bin/aws'].flatMap(command => {
  try {
    const version = /aws-cli\/(\d+\.\d+\.\d+)/.exec(
      execFileSync(command, ['--version'], { encoding: 'utf8' }),
    )?.[1]
    return version ? [{ command, version }] : []
  } catch {
    return []
  }
})
const CLIS = INSTALLED.filter((cli, at) => INSTALLED.findIndex(other => other.version === cli.version) === at)

/** What an operator asks awscli, unmodified, and what the laptop's AWS must truthfully answer. */
export function awscliAnswers(laptop: () => Laptop): void {
  if (CLIS.length === 0) {
    test.skip('awscli answers: no awscli on this machine')
    return
  }
  describe.each(CLIS)('awscli $version', ({ command, version }) => {
    const aws = async (...args: string[]) => {
      const { data } = (await laptop().clarity('env', 'local')).last
      // named outright: version 1 ignores the variable for SQS, version 2 before 2.13 for everything
      const all = ['--endpoint-url', data.AWS_ENDPOINT_URL, ...args]
      return (await run(command, all, { env: { ...process.env, ...data, AWS_PAGER: '' }, maxBuffer: 1e8 }))
        .stdout
    }
    const json = async (...args: string[]) => JSON.parse(await aws(...args, '--output', 'json'))
    const CLUSTER = ['--cluster', 'clarity-backend-cluster']

    test('sts get-caller-identity', async () => {
      expect(await json('sts', 'get-caller-identity')).toMatchObject({ Account: '124355672559' })
    })

    test('cloudformation describe-stacks', async () => {
      const { Stacks } = await json('cloudformation', 'describe-stacks')
      const states = Stacks.map((stack: { StackName: string; StackStatus: string }) => [
        stack.StackName,
        stack.StackStatus,
      ])
      expect(states.sort()).toEqual(
        ['compute', 'data', 'edge', 'network'].map(part => [`clarity-${part}`, 'CREATE_COMPLETE']),
      )
    })

    test('ecs describe-services and list-tasks', async () => {
      const services = ['clarity-backend-service', 'clarity-backend-worker-service']
      const answer = await json('ecs', 'describe-services', ...CLUSTER, '--services', ...services)
      expect(answer.failures).toEqual([])
      expect(answer.services).toMatchObject([
        { status: 'ACTIVE', runningCount: 2, desiredCount: 2 },
        { status: 'ACTIVE', runningCount: 1, desiredCount: 1 },
      ])
      const { taskArns } = await json(
        'ecs',
        'list-tasks',
        ...CLUSTER,
        '--service-name',
        'clarity-backend-service',
      )
      expect(taskArns).toHaveLength(2)
    })

    test('elbv2 describe-target-health', async () => {
      const { TargetGroups } = await json('elbv2', 'describe-target-groups')
      const health = await Promise.all(
        TargetGroups.map((group: { TargetGroupArn: string }) =>
          json('elbv2', 'describe-target-health', '--target-group-arn', group.TargetGroupArn),
        ),
      )
      const states = health
        .flatMap(answer => answer.TargetHealthDescriptions)
        .map(target => target.TargetHealth.State)
      expect(states.filter(state => state === 'healthy')).toHaveLength(2)
    })

    test.skipIf(version.startsWith('1.'))('logs tail /ecs/clarity-backend (awscli 2 only)', async () => {
      expect(await aws('logs', 'tail', '/ecs/clarity-backend', '--since', '1h')).toContain('ecs/api/')
    })

    test('dynamodb list-tables, s3 ls, sqs get-queue-attributes', async () => {
      expect(await json('dynamodb', 'list-tables')).toEqual({
        TableNames: ['clarity-deploy-lock', 'clarity-health-data'],
      })
      expect(await aws('s3', 'ls')).toContain('clarity-health-raw-124355672559')
      const { QueueUrl } = await json(
        'sqs',
        'get-queue-url',
        '--queue-name',
        'clarity-health-processing.fifo',
      )
      const query = ['--queue-url', QueueUrl, '--attribute-names', 'All']
      expect((await json('sqs', 'get-queue-attributes', ...query)).Attributes).toMatchObject({
        ApproximateNumberOfMessages: '0',
        FifoQueue: 'true',
      })
    })
  })
}
