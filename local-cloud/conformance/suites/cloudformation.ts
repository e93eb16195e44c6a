import assert from 'node:assert/strict'
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  ListExportsCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
  ValidateTemplateCommand,
} from '@aws-sdk/client-cloudformation'
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { casesOf, freshName, has, refused, type Suite, until } from '../suite.ts'

const says = casesOf('AWSCloudFormation/latest/APIReference/')
const GUIDE = '/AWSCloudFormation/latest/UserGuide/'

const queue = (Properties: object = {}, more: object = {}) => ({
  Type: 'AWS::SQS::Queue',
  Properties,
  ...more,
})
const template = (Resources: object, more: object = {}) => JSON.stringify({ Resources, ...more })

/** CloudFormation: stacks, change sets, rollback. */
export const cloudformation: Suite = {
  service: 'cloudformation',
  cases: ({ config }) => {
    const client = new CloudFormationClient(config)
    const sqs = new SQSClient(config)
    const stackOf = async (StackName: string) =>
      (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]
    const settled = (StackName: string) =>
      until(
        () => stackOf(StackName),
        stack => !stack?.StackStatus?.endsWith('_IN_PROGRESS'),
      )
    async function stack(TemplateBody: string, more: Partial<CreateStackCommandInput> = {}) {
      const StackName = freshName('stack')
      await client.send(new CreateStackCommand({ StackName, TemplateBody, ...more }))
      return { StackName, ...(await settled(StackName)) }
    }
    const update = (StackName: string, TemplateBody: string) =>
      client.send(new UpdateStackCommand({ StackName, TemplateBody }))

    return [
      says('API_CreateStack.html', 'resources are made, and outputs say what became of them', async () => {
        const QueueName = freshName('made')
        const made = await stack(
          template(
            { Queue: queue({ QueueName }) },
            { Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Queue', 'Arn'] } } } },
          ),
        )
        has(made, { StackStatus: 'CREATE_COMPLETE', Outputs: [{ OutputKey: 'Arn' }] })
        assert.ok(made.Outputs?.[0]?.OutputValue?.endsWith(`:${QueueName}`))
        await sqs.send(new GetQueueUrlCommand({ QueueName }))
        const { StackResources } = await client.send(
          new DescribeStackResourcesCommand({ StackName: made.StackName }),
        )
        has(StackResources, [{ LogicalResourceId: 'Queue', ResourceStatus: 'CREATE_COMPLETE' }])
      }),
      says('API_CreateStack.html', 'a name is taken once', async () => {
        const { StackName } = await stack(template({ Queue: queue() }))
        await refused(
          client.send(new CreateStackCommand({ StackName, TemplateBody: template({ Queue: queue() }) })),
          'AlreadyExistsException',
          400,
        )
      }),
      says('API_CreateStack.html', 'roles need the capability', () =>
        refused(
          stack(
            template({
              Role: {
                Type: 'AWS::IAM::Role',
                Properties: {
                  AssumeRolePolicyDocument: {
                    Version: '2012-10-17',
                    Statement: [
                      {
                        Effect: 'Allow',
                        Principal: { Service: 'ecs-tasks.amazonaws.com' },
                        Action: 'sts:AssumeRole',
                      },
                    ],
                  },
                },
              },
            }),
          ),
          'InsufficientCapabilitiesException',
          400,
        ),
      ),
      says('API_DescribeStacks.html', 'a stack that does not exist is a ValidationError', () =>
        refused(stackOf(freshName('none')), 'ValidationError', 400),
      ),
      says('API_ValidateTemplate.html', 'a reference to nothing is refused', () =>
        refused(
          client.send(
            new ValidateTemplateCommand({
              TemplateBody: template({ Queue: queue({ QueueName: { Ref: 'Nothing' } }) }),
            }),
          ),
          'ValidationError',
          400,
        ),
      ),
      says('API_UpdateStack.html', 'an update that changes nothing is refused', async () => {
        const body = template({ Queue: queue() })
        const { StackName } = await stack(body)
        await refused(update(StackName, body), 'ValidationError', 400)
      }),
      says('API_UpdateStack.html', 'adds what is new and removes what is left out', async () => {
        const [one, two] = [freshName('one'), freshName('two')]
        const { StackName } = await stack(template({ One: queue({ QueueName: one }) }))
        await update(StackName, template({ Two: queue({ QueueName: two }) }))
        has(await settled(StackName), { StackStatus: 'UPDATE_COMPLETE' })
        await sqs.send(new GetQueueUrlCommand({ QueueName: two }))
        await refused(sqs.send(new GetQueueUrlCommand({ QueueName: one })), 'QueueDoesNotExist', 400)
      }),
      says(`${GUIDE}parameters-section-structure.html`, 'parameters have defaults and rules', async () => {
        const body = template(
          { Queue: queue({ VisibilityTimeout: { Ref: 'Seconds' } }) },
          { Parameters: { Seconds: { Type: 'Number', Default: 5, MaxValue: 10 } } },
        )
        has(await stack(body), {
          StackStatus: 'CREATE_COMPLETE',
          Parameters: [{ ParameterKey: 'Seconds', ParameterValue: '5' }],
        })
        await refused(
          stack(body, { Parameters: [{ ParameterKey: 'Seconds', ParameterValue: '11' }] }),
          'ValidationError',
          400,
        )
      }),
      says(`${GUIDE}stack-failure-options.html`, 'a creation that fails is rolled back', async () => {
        const QueueName = freshName('rolled')
        const made = await stack(
          template({
            Good: queue({ QueueName }),
            Bad: queue({ VisibilityTimeout: 99_999 }, { DependsOn: 'Good' }),
          }),
        )
        has(made, { StackStatus: 'ROLLBACK_COMPLETE' })
        await refused(sqs.send(new GetQueueUrlCommand({ QueueName })), 'QueueDoesNotExist', 400)
      }),
      says('API_DescribeChangeSet.html', 'a change set says what would change, and does it', async () => {
        const { StackName } = await stack(template({ Queue: queue({ VisibilityTimeout: 5 }) }))
        const TemplateBody = template({ Queue: queue({ VisibilityTimeout: 6 }), More: queue() })
        const set = { StackName, ChangeSetName: 'next' }
        await client.send(new CreateChangeSetCommand({ ...set, TemplateBody }))
        const described = await until(
          () => client.send(new DescribeChangeSetCommand(set)),
          ({ Status }) => Status === 'CREATE_COMPLETE',
        )
        assert.deepEqual(
          described.Changes?.map(({ ResourceChange: c }) => [
            c?.LogicalResourceId,
            c?.Action,
            c?.Replacement,
          ]).sort(),
          [
            ['More', 'Add', undefined],
            ['Queue', 'Modify', 'False'],
          ],
        )
        await client.send(new ExecuteChangeSetCommand(set))
        await until(
          () => stackOf(StackName),
          found => found?.StackStatus === 'UPDATE_COMPLETE',
        )
      }),
      says('API_DescribeStackEvents.html', 'events, the newest first', async () => {
        const { StackName } = await stack(template({ Queue: queue() }))
        const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName }))
        has(StackEvents?.[0], { LogicalResourceId: StackName, ResourceStatus: 'CREATE_COMPLETE' })
        has(StackEvents?.at(-1), { LogicalResourceId: StackName, ResourceStatus: 'CREATE_IN_PROGRESS' })
      }),
      says(
        'API_ListExports.html',
        'an export is listed, and its stack not deleted while it is imported',
        async () => {
          const Name = freshName('export')
          const exporter = await stack(
            template({ Queue: queue() }, { Outputs: { Out: { Value: 'v', Export: { Name } } } }),
          )
          const { Exports } = await client.send(new ListExportsCommand({}))
          assert.ok(Exports?.some(one => one.Name === Name && one.Value === 'v'))
          await stack(
            template({ Queue: queue({ Tags: [{ Key: 'k', Value: { 'Fn::ImportValue': Name } }] }) }),
          )
          await client
            .send(new DeleteStackCommand({ StackName: exporter.StackName }))
            .catch((error: Error) => assert.equal(error.name, 'ValidationError'))
          const left = await settled(exporter.StackName)
          assert.match(left?.StackStatus ?? '', /^(CREATE_COMPLETE|DELETE_FAILED)$/)
        },
      ),
      says('API_UpdateTerminationProtection.html', 'a protected stack is not deleted', async () => {
        const { StackName } = await stack(template({ Queue: queue() }), { EnableTerminationProtection: true })
        const remove = () => client.send(new DeleteStackCommand({ StackName }))
        await refused(remove(), 'ValidationError', 400)
        await client.send(
          new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
        )
        await remove()
      }),
      says(`${GUIDE}aws-attribute-deletionpolicy.html`, 'what is retained outlives its stack', async () => {
        const QueueName = freshName('kept')
        const { StackId = '' } = await stack(
          template({ Queue: queue({ QueueName }, { DeletionPolicy: 'Retain' }) }),
        )
        await client.send(new DeleteStackCommand({ StackName: StackId }))
        has(await settled(StackId), { StackStatus: 'DELETE_COMPLETE' })
        await sqs.send(new GetQueueUrlCommand({ QueueName }))
      }),
      says('API_GetTemplate.html', 'a template comes back as it was given', async () => {
        const body = template({ Queue: queue() })
        const { StackName } = await stack(body)
        const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName }))
        assert.deepEqual(JSON.parse(TemplateBody ?? ''), JSON.parse(body))
      }),
    ]
  },
}
