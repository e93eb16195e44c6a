import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type Environment, namesOf } from '@clarity/environments'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** What was tested of a deployment that waits for a person, and what the person decided. */
export interface Approval {
  /** ARN of the paused deployment: an approval is for it alone. */
  deployment: string
  release: string
  /** `sha256:…` of the image that was tested. */
  digest: string
  /** Moves with the API once it is approved. */
  workerTaskDefinition: string
  /** Names of the checks that passed on the test listener. */
  passed: string[]
  testedBy: string
  testedAt: Date
  state: 'waiting' | 'approved' | 'rejected'
  decidedBy?: string
  decidedAt?: Date
}

/** Beside the lock: one item a deployment. */
export interface ApprovalTable {
  read(deployment: string): Promise<Approval | undefined>
  /** Records what was tested; what is there already stays. @returns what is there now */
  record(tested: Omit<Approval, 'state' | 'decidedBy' | 'decidedAt'>): Promise<Approval>
  /** Decides once. @returns false when it was decided already */
  decide(
    deployment: string,
    decision: { state: 'approved' | 'rejected'; by: string; at: Date },
  ): Promise<boolean>
}

/** How long a decision is kept: six years, 45 CFR 164.316(b)(2)(i). */
const KEPT_SECONDS = 2192 * 86_400

/** The approvals of an environment, in its lock table. */
export function createApprovalTable(access: Access, environment: Environment): ApprovalTable {
  const client = new DynamoDBClient(clientConfig(access))
  const TableName = namesOf(environment).lockTable
  const keyOf = (deployment: string) => ({ pk: { S: `approval/${deployment}` } })

  async function read(deployment: string): Promise<Approval | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: keyOf(deployment), ConsistentRead: true }),
    )
    if (!Item) return undefined
    const text = (name: string) => Item[name]?.S
    const decidedAt = text('decided_at')
    return {
      deployment,
      release: text('release') ?? '',
      digest: text('digest') ?? '',
      workerTaskDefinition: text('worker_task_definition') ?? '',
      passed: (Item.passed?.L ?? []).map(({ S = '' }) => S),
      testedBy: text('tested_by') ?? '',
      testedAt: new Date(text('tested_at') ?? 0),
      state: text('state') as Approval['state'],
      decidedBy: text('decided_by'),
      decidedAt: decidedAt ? new Date(decidedAt) : undefined,
    }
  }

  async function record(tested: Omit<Approval, 'state'>): Promise<Approval> {
    const { deployment, release, digest, workerTaskDefinition, passed, testedBy, testedAt } = tested
    await unlessDone(
      client.send(
        new PutItemCommand({
          TableName,
          ConditionExpression: 'attribute_not_exists(pk)',
          Item: {
            ...keyOf(deployment),
            release: { S: release },
            digest: { S: digest },
            worker_task_definition: { S: workerTaskDefinition },
            passed: { L: passed.map(name => ({ S: name })) },
            tested_by: { S: testedBy },
            tested_at: { S: testedAt.toISOString() },
            state: { S: 'waiting' },
            expires_at: { N: String(Math.floor(testedAt.getTime() / 1000) + KEPT_SECONDS) },
          },
        }),
      ),
    )
    return (await read(deployment)) ?? { ...tested, state: 'waiting' }
  }

  return {
    read,
    record,
    decide: (deployment, { state, by, at }) =>
      unlessDone(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: keyOf(deployment),
            UpdateExpression: 'SET #state = :state, decided_by = :by, decided_at = :at',
            ConditionExpression: '#state = :waiting',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: {
              ':state': { S: state },
              ':by': { S: by },
              ':at': { S: at.toISOString() },
              ':waiting': { S: 'waiting' },
            },
          }),
        ),
      ),
  }
}

async function unlessDone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}
