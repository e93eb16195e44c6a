import assert from 'node:assert/strict'
import {
  CloudTrailClient,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail'
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { casesOf, freshName, has, refused, type Suite, until } from '../suite.ts'

const says = casesOf('awscloudtrail/latest/APIReference/')
const EVENTS = '/awscloudtrail/latest/userguide/cloudtrail-concepts.html'

/** CloudTrail: the event history. */
export const cloudtrail: Suite = {
  service: 'cloudtrail',
  cases: ({ config }) => {
    const client = new CloudTrailClient(config)
    const sqs = new SQSClient(config)
    const look = (input: LookupEventsCommandInput) => client.send(new LookupEventsCommand(input))
    const by = (AttributeKey: 'EventName' | 'EventSource' | 'ResourceName', AttributeValue: string) =>
      look({ LookupAttributes: [{ AttributeKey, AttributeValue }] })

    return [
      says('API_LookupEvents.html', 'a call is found by its name, with who made it', async () => {
        const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: freshName('seen') }))
        assert.ok(QueueUrl)
        const { Events = [] } = await until(
          () => by('EventName', 'CreateQueue'),
          ({ Events }) => (Events?.length ?? 0) > 0,
          3,
        )
        has(Events[0], { EventName: 'CreateQueue', EventSource: 'sqs.amazonaws.com', ReadOnly: 'false' })
        assert.equal(JSON.parse(Events[0]?.CloudTrailEvent ?? '{}').eventName, 'CreateQueue')
      }),
      says(EVENTS, 'calls about data are not in the event history', async () => {
        const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: freshName('data') }))
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))
        assert.deepEqual((await by('EventName', 'SendMessage')).Events, [])
      }),
      says('API_LookupEvents.html', 'one attribute, fifty events, and a time that runs forward', async () => {
        const attribute = { AttributeKey: 'EventName' as const, AttributeValue: 'x' }
        await refused(
          look({ LookupAttributes: [attribute, attribute] }),
          'InvalidLookupAttributesException',
          400,
        )
        await refused(look({ MaxResults: 51 }), 'InvalidMaxResultsException', 400)
        const backward = { StartTime: new Date(2e12), EndTime: new Date(1e12) }
        await refused(look(backward), 'InvalidTimeRangeException', 400)
        await refused(look({ NextToken: 'nonsense' }), 'InvalidNextTokenException', 400)
      }),
    ]
  },
}
