import type { Event, LookupAttribute, LookupEventsRequest } from '@aws-sdk/client-cloudtrail'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type CallRecord, callsOf, keyOf } from '../../history/call-history.ts'

/** Events of an answer, and how many calls are read at a time to find them. */
const MOST = 50
const READ_AT_ONCE = 500

/** What a lookup may ask for, and where it stands in a call. */
const ATTRIBUTES: Record<string, (event: Event) => (string | undefined)[]> = {
  EventId: event => [event.EventId],
  EventName: event => [event.EventName],
  EventSource: event => [event.EventSource],
  ReadOnly: event => [event.ReadOnly],
  Username: event => [event.Username],
  AccessKeyId: event => [event.AccessKeyId],
  ResourceName: event => event.Resources?.map(one => one.ResourceName) ?? [],
}

/**
 * The event history: what this cloud was asked to do, newest first, by one attribute and between two times.
 * @throws AwsError `InvalidLookupAttributesException`, `InvalidMaxResultsException`, `InvalidTimeRangeException`,
 * `InvalidNextTokenException`
 */
export function createLookupEvents(context: ServiceContext) {
  const calls = callsOf(context.store)

  return (input: LookupEventsRequest): { Events: Event[]; NextToken?: string } => {
    const attribute = readAttribute(input.LookupAttributes)
    const most = input.MaxResults ?? MOST
    if (!(most >= 1 && most <= MOST))
      throw new AwsError(
        'InvalidMaxResultsException',
        `Max results must be between 1 and ${MOST}; it is ${most}.`,
      )
    const [from, to] = [timeOf(input.StartTime, 0), timeOf(input.EndTime, context.clock.now())]
    if (from > to)
      throw new AwsError('InvalidTimeRangeException', 'The start time must not be after the end time.')
    const asked = JSON.stringify([attribute, input.StartTime, input.EndTime])
    // the millisecond of the end counts
    let next = input.NextToken === undefined ? keyOf(to, 999) : readToken(input.NextToken, asked)
    const Events: Event[] = []
    for (;;) {
      const page = calls.scan(next, `${keyOf(from)}\u0000`, READ_AT_ONCE)
      for (const { key, value } of page) {
        const event = eventOf(value, context)
        if (attribute && !ATTRIBUTES[attribute.AttributeKey]?.(event).includes(attribute.AttributeValue))
          continue
        if (Events.length === most) return { Events, NextToken: token(key, asked) }
        Events.push(event)
      }
      if (page.length < READ_AT_ONCE) return { Events }
      next = `${page.at(-1)?.key}\u0000`
    }
  }
}

function readAttribute(attributes: LookupAttribute[] = []) {
  const [first] = attributes
  if (attributes.length > 1) throw invalid('You can specify only one lookup attribute.')
  if (!first) return undefined
  const { AttributeKey = '', AttributeValue = '' } = first as {
    AttributeKey?: string
    AttributeValue?: string
  }
  if (!(AttributeKey in ATTRIBUTES)) throw invalid(`There is no lookup attribute ${AttributeKey}.`)
  if (AttributeValue === '') throw invalid(`The value of ${AttributeKey} is empty.`)
  return { AttributeKey, AttributeValue }
}

/** A date arrives as seconds since the epoch, or as a text from a tool. */
function timeOf(date: Date | number | string | undefined, otherwise: number): number {
  if (date === undefined) return otherwise
  return typeof date === 'number' ? date * 1000 : new Date(date).getTime()
}

function token(key: string, asked: string): string {
  return Buffer.from(JSON.stringify([key, asked])).toString('base64url')
}

function readToken(text: string, asked: string): string {
  try {
    const [key, of] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string, string]
    if (of === asked && /^\d{16}$/.test(key)) return key
  } catch {}
  throw new AwsError('InvalidNextTokenException', 'The token is not one of this lookup.')
}

function eventOf(call: CallRecord, { region, accountId }: ServiceContext): Event {
  const { caller, service } = call
  const isService = caller.arn.endsWith('.amazonaws.com')
  const EventSource = `${service}.amazonaws.com`
  const told = {
    eventVersion: '1.11',
    userIdentity: isService ? { type: 'AWSService', invokedBy: caller.arn } : identityOf(caller),
    eventTime: `${new Date(call.at).toISOString().slice(0, 19)}Z`,
    eventSource: EventSource,
    eventName: call.name,
    awsRegion: region,
    sourceIPAddress: isService ? caller.arn : '127.0.0.1',
    userAgent: isService ? caller.arn : call.userAgent,
    errorCode: call.errorCode,
    // what was sent and answered is not kept: it may be a secret, or somebody's health
    requestParameters: null,
    responseElements: null,
    requestID: call.requestId,
    eventID: call.id,
    readOnly: call.isRead,
    resources: call.resources.map(ARN => ({ ARN, accountId })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  }
  return {
    EventId: call.id,
    EventName: call.name,
    ReadOnly: `${call.isRead}`,
    EventTime: new Date(call.at),
    EventSource,
    ...(isService
      ? {}
      : {
          Username: caller.arn.split('/').at(-1),
          ...(caller.accessKeyId ? { AccessKeyId: caller.accessKeyId } : {}),
        }),
    Resources: call.resources.map(arn => ({ ResourceName: nameOf(arn) })),
    CloudTrailEvent: JSON.stringify(told),
  }
}

function identityOf({ arn, userId, accountId, accessKeyId }: CallRecord['caller']) {
  const type = /:assumed-role\//.test(arn) ? 'AssumedRole' : /:user\//.test(arn) ? 'IAMUser' : 'Role'
  return { type, principalId: userId, arn, accountId, accessKeyId: accessKeyId || undefined }
}

/** `arn:aws:iam::…:role/path/name` is told as `path/name`, a bucket by its name. */
function nameOf(arn: string): string {
  return arn
    .split(':')
    .slice(5)
    .join(':')
    .replace(/^[\w-]+[/:]/, '')
    .replace(/:log-stream:.*$/, '')
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidLookupAttributesException', message)
}
