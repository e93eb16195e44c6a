import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCloud, type TestCloud } from '../../testing.ts'
import { postForm } from '../../testing-signed.ts'
import { createSqs } from './sqs.ts'

const run = promisify(execFile)
let cloud: TestCloud
let sqs: SQSClient
beforeAll(async () => {
  cloud = await startTestCloud({ services: [createSqs] })
  sqs = new SQSClient(cloud.client)
})
afterAll(() => cloud.dispose())

const post = (form: Record<string, string>, path?: string) =>
  postForm(cloud, 'sqs', { Version: '2012-11-05', ...form }, path)
const create = async (QueueName: string) => {
  await sqs.send(new CreateQueueCommand({ QueueName }))
  return `/124355672559/${QueueName}`
}

test('answers a form with flattened XML, on the endpoint and on the queue’s own URL', async () => {
  const made = await post({
    Action: 'CreateQueue',
    QueueName: 'old',
    'Attribute.1.Name': 'VisibilityTimeout',
    'Attribute.1.Value': '7',
    'Attribute.2.Name': 'DelaySeconds',
    'Attribute.2.Value': '0',
    'Tag.1.Key': 'team',
    'Tag.1.Value': 'health',
  })
  expect(made.status).toBe(200)
  expect(made.text).toContain(
    `<CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><CreateQueueResult><QueueUrl>${cloud.endpoint}/124355672559/old</QueueUrl></CreateQueueResult><ResponseMetadata><RequestId>`,
  )
  const path = '/124355672559/old'
  const { text } = await post({ Action: 'GetQueueAttributes', 'AttributeName.1': 'All' }, path)
  expect(text).toContain('<Attribute><Name>VisibilityTimeout</Name><Value>7</Value></Attribute>')
  expect(text).not.toContain('<member>')
  expect((await post({ Action: 'ListQueueTags' }, path)).text).toContain(
    '<ListQueueTagsResult><Tag><Key>team</Key><Value>health</Value></Tag></ListQueueTagsResult>',
  )
  await post({ Action: 'UntagQueue', 'TagKey.1': 'team' }, path)
  expect((await post({ Action: 'ListQueueTags' }, path)).text).not.toContain('team')
  expect((await post({ Action: 'ListQueues', QueueNamePrefix: 'old' })).text).toContain(
    `<ListQueuesResult><QueueUrl>${cloud.endpoint}/124355672559/old</QueueUrl></ListQueuesResult>`,
  )
})

test('carries messages with attributes, singly and in batches, to clients of either protocol', async () => {
  const path = await create('mixed')
  const sent = await post(
    {
      Action: 'SendMessage',
      MessageBody: 'a & <b>',
      'MessageAttribute.1.Name': 'trace',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'x1',
      'MessageAttribute.2.Name': 'raw',
      'MessageAttribute.2.Value.DataType': 'Binary',
      'MessageAttribute.2.Value.BinaryValue': 'AAEC',
    },
    path,
  )
  expect(sent.text).toMatch(/<MD5OfMessageBody>[0-9a-f]{32}<\/MD5OfMessageBody>/)
  const batch = await post(
    {
      Action: 'SendMessageBatch',
      'SendMessageBatchRequestEntry.1.Id': 'one',
      'SendMessageBatchRequestEntry.1.MessageBody': '1',
      'SendMessageBatchRequestEntry.2.Id': 'two',
      'SendMessageBatchRequestEntry.2.MessageBody': '2',
      'SendMessageBatchRequestEntry.2.DelaySeconds': '901',
    },
    path,
  )
  expect(batch.text).toContain('<SendMessageBatchResultEntry><Id>one</Id>')
  expect(batch.text).toContain(
    '<BatchResultErrorEntry><Id>two</Id><SenderFault>true</SenderFault><Code>InvalidParameterValue</Code>',
  )

  const seen = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: path, MessageAttributeNames: ['All'], VisibilityTimeout: 0 }),
  )
  expect(seen.Messages?.[0]).toMatchObject({ Body: 'a & <b>' })
  expect(seen.Messages?.[0]?.MessageAttributes?.raw?.BinaryValue).toEqual(Uint8Array.of(0, 1, 2))

  const received = await post(
    {
      Action: 'ReceiveMessage',
      MaxNumberOfMessages: '10',
      'AttributeName.1': 'All',
      'MessageAttributeName.1': 'All',
    },
    path,
  )
  expect(received.text).toContain('<Body>a &amp; &lt;b&gt;</Body>')
  expect(received.text).toContain(
    '<MessageAttribute><Name>trace</Name><Value><DataType>String</DataType><StringValue>x1</StringValue></Value></MessageAttribute>',
  )
  expect(received.text).toContain(
    '<Attribute><Name>ApproximateReceiveCount</Name><Value>2</Value></Attribute>',
  )
  expect(received.text.match(/<Message>/g)).toHaveLength(2)
  const handles = [...received.text.matchAll(/<ReceiptHandle>([^<]+)</g)].map(([, handle = '']) => handle)
  const hidden = await post(
    { Action: 'ChangeMessageVisibility', ReceiptHandle: handles[0] ?? '', VisibilityTimeout: '60' },
    path,
  )
  expect(hidden.status).toBe(200)
  const gone = await post(
    Object.fromEntries([
      ['Action', 'DeleteMessageBatch'],
      ...handles.flatMap((handle, at) => [
        [`DeleteMessageBatchRequestEntry.${at + 1}.Id`, `m${at}`],
        [`DeleteMessageBatchRequestEntry.${at + 1}.ReceiptHandle`, handle],
      ]),
    ]),
    path,
  )
  expect(gone.text.match(/<DeleteMessageBatchResultEntry>/g)).toHaveLength(2)
})

test('refuses with the codes of the query protocol', async () => {
  const missing = await post({ Action: 'GetQueueUrl', QueueName: 'nowhere' })
  expect(missing.status).toBe(400)
  expect(missing.text).toContain('<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>')
  const bad = await post({ Action: 'CreateQueue', QueueName: 'not a name' })
  expect(bad.text).toContain('<Code>InvalidParameterValue</Code>')
  expect((await post({ Action: 'AddPermission' })).status).toBe(501)
})

/** The Python of Debian's awscli, which runs several commands as one process: each start of `aws` takes seconds. */
const PYTHON = '/usr/bin/python3'
const RUN_ALL = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
answers = []
for words in json.load(sys.stdin):
    words = [answers[word]['QueueUrl'] if isinstance(word, int) else word for word in words]
    words = [answers[-2]['Messages'][0]['ReceiptHandle'] if word == '<receipt>' else word for word in words]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(words)
    answers.append(json.loads(out.getvalue() or 'null') if code == 0 else {'code': code, 'error': err.getvalue()})
print(json.dumps(answers))
`
const version = await run(PYTHON, ['-c', 'import awscli; print(awscli.__version__)']).then(
  ({ stdout }) => /^2\.(\d+)/.exec(stdout),
  () => null,
)
const older = version !== null && Number(version[1]) < 13

test.skipIf(!older)(
  'serves the awscli of Debian (2, before 2.13), which sends forms',
  async () => {
    const { accessKeyId, secretAccessKey } = cloud.client.credentials
    const env = {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_DEFAULT_REGION: cloud.client.region,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    await create('debian')
    const queue = ['--queue-url', 0]
    const attributes = '{"trace":{"DataType":"String","StringValue":"x1"}}'
    const asked = [
      ['get-queue-url', '--queue-name', 'debian'],
      ['send-message', ...queue, '--message-body', 'from Debian', '--message-attributes', attributes],
      ['get-queue-attributes', ...queue, '--attribute-names', 'All'],
      ['receive-message', ...queue, '--message-attribute-names', 'All'],
      ['get-queue-url', '--queue-name', 'nowhere'],
      ['delete-message', ...queue, '--receipt-handle', '<receipt>'],
      ['receive-message', ...queue],
    ].map(words => ['--endpoint-url', cloud.endpoint, '--output', 'json', 'sqs', ...words])
    const running = run(PYTHON, ['-c', RUN_ALL], { env })
    running.child.stdin?.end(JSON.stringify(asked))
    const answers = JSON.parse((await running).stdout)
    expect(answers[0]).toEqual({ QueueUrl: `${cloud.endpoint}/124355672559/debian` })
    expect(answers[2]).toMatchObject({
      Attributes: { ApproximateNumberOfMessages: '1', QueueArn: 'arn:aws:sqs:us-east-1:124355672559:debian' },
    })
    expect(answers[3].Messages).toMatchObject([
      { Body: 'from Debian', MessageAttributes: { trace: { StringValue: 'x1' } } },
    ])
    expect(answers[4]).toMatchObject({ error: expect.stringContaining('NonExistentQueue') })
    expect([answers[5], answers[6]]).toEqual([null, null])
  },
  60_000,
)
