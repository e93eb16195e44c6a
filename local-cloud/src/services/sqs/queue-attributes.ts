import { invalidValue, sqsError } from './sqs-errors.ts'

/** The attributes of a queue as AWS names them, every value a string. */
export type Attributes = Record<string, string>

/** Largest message, body and attributes together: 1 MiB since August 2025 (SQS quotas). */
export const LARGEST_MESSAGE = 1_048_576

const DEFAULTS: Attributes = {
  DelaySeconds: '0',
  MaximumMessageSize: String(LARGEST_MESSAGE),
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}
const FIFO_DEFAULTS: Attributes = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoQueue: 'true',
  FifoThroughputLimit: 'perQueue',
}

const RANGES: Record<string, [number, number]> = {
  DelaySeconds: [0, 900],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
  MaximumMessageSize: [1024, LARGEST_MESSAGE],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
}
const CHOICES: Record<string, string[]> = {
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoQueue: ['true'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  SqsManagedSseEnabled: ['true', 'false'],
}
/** Attributes that an empty value takes away again. */
const REMOVABLE = new Set(['KmsMasterKeyId', 'Policy', 'RedriveAllowPolicy', 'RedrivePolicy'])

export interface RedrivePolicy {
  deadLetterTargetArn: string
  maxReceiveCount: number
}

/**
 * Merges new attributes into a queue's, checked one by one as AWS does.
 * @param current the queue's attributes, or undefined for a queue being created
 * @throws AwsError `InvalidAttributeName`, `InvalidAttributeValue` or `InvalidParameterValueException`
 */
export function mergeAttributes(
  fifo: boolean,
  current: Attributes | undefined,
  changes: Attributes,
): Attributes {
  const merged: Attributes = current ? { ...current } : { ...DEFAULTS, ...(fifo ? FIFO_DEFAULTS : {}) }
  for (const [name, raw] of Object.entries(changes)) {
    const value = String(raw)
    checkName(fifo, name, current !== undefined)
    if (value === '' && REMOVABLE.has(name)) delete merged[name]
    else merged[name] = checkValue(name, value)
  }
  if (changes.KmsMasterKeyId) merged.SqsManagedSseEnabled = 'false'
  else if (changes.SqsManagedSseEnabled === 'true') delete merged.KmsMasterKeyId
  if (merged.KmsMasterKeyId) merged.KmsDataKeyReusePeriodSeconds ??= '300'
  else delete merged.KmsDataKeyReusePeriodSeconds
  if (merged.FifoThroughputLimit === 'perMessageGroupId' && merged.DeduplicationScope !== 'messageGroup')
    throw invalidValue(
      'FifoThroughputLimit',
      'perMessageGroupId',
      'It requires DeduplicationScope to be messageGroup.',
    )
  return merged
}

function checkName(fifo: boolean, name: string, exists: boolean): void {
  const known = name in RANGES || name in CHOICES || REMOVABLE.has(name)
  const fifoOnly = name in FIFO_DEFAULTS
  if (!known || (fifoOnly && !fifo)) throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
  if (name === 'FifoQueue' && exists)
    throw sqsError('InvalidAttributeName', 'Unknown Attribute FifoQueue: it cannot be changed.')
}

function checkValue(name: string, value: string): string {
  const bad = (reason: string) =>
    sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}. Reason: ${reason}`)
  const range = RANGES[name]
  if (range) {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= range[0] && number <= range[1]))
      throw bad(`'${value}' must be a whole number between ${range[0]} and ${range[1]}.`)
    return String(number)
  }
  const choices = CHOICES[name]
  if (choices) {
    const choice = choices.find(c => c.toLowerCase() === value.toLowerCase())
    if (!choice) throw bad(`'${value}' must be ${choices.join(' or ')}.`)
    return choice
  }
  if (name === 'RedrivePolicy') return JSON.stringify(parseRedrivePolicy(value))
  if (name === 'RedriveAllowPolicy') return JSON.stringify(parseAllowPolicy(value))
  if (name === 'Policy') parseObject(name, value)
  return value
}

/** @throws AwsError `InvalidParameterValueException` for anything but a target and a count of 1 to 1000 */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const policy = parseObject('RedrivePolicy', text)
  const { deadLetterTargetArn } = policy
  const maxReceiveCount = Number(policy.maxReceiveCount)
  if (typeof deadLetterTargetArn !== 'string')
    throw invalidValue(
      'RedrivePolicy',
      text,
      'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.',
    )
  if (policy.maxReceiveCount === undefined)
    throw invalidValue(
      'RedrivePolicy',
      text,
      'Redrive policy does not contain mandatory attribute: maxReceiveCount.',
    )
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1000)
    throw invalidValue(
      'RedrivePolicy',
      text,
      'Invalid value for maxReceiveCount, must be between 1 and 1000.',
    )
  return { deadLetterTargetArn, maxReceiveCount }
}

export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue'
  sourceQueueArns?: string[]
}

export function parseAllowPolicy(text: string): RedriveAllowPolicy {
  const policy = parseObject('RedriveAllowPolicy', text)
  const { redrivePermission, sourceQueueArns } = policy
  if (!['allowAll', 'denyAll', 'byQueue'].includes(redrivePermission as string))
    throw invalidValue('RedriveAllowPolicy', text, 'redrivePermission must be allowAll, denyAll or byQueue.')
  const arns = Array.isArray(sourceQueueArns) ? sourceQueueArns.map(String) : undefined
  if (
    (redrivePermission === 'byQueue') !== (arns !== undefined && arns.length > 0) ||
    (arns?.length ?? 0) > 10
  )
    throw invalidValue('RedriveAllowPolicy', text, 'byQueue, and only it, takes 1 to 10 sourceQueueArns.')
  return {
    redrivePermission: redrivePermission as RedriveAllowPolicy['redrivePermission'],
    sourceQueueArns: arns,
  }
}

function parseObject(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (value && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // told below, with the value
  }
  throw sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}: it is not a JSON object.`)
}
