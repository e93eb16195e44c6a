import { expect, test } from 'vitest'
import { type AccessRequest, evaluate, matches, type PolicyDocument, type Statement } from './evaluate.ts'

const policy = (...Statement: Statement[]): PolicyDocument => ({ Version: '2012-10-17', Statement })
const read = (resource: string, context: AccessRequest['context'] = {}): AccessRequest => ({
  action: 's3:GetObject',
  resource,
  context,
})
const BUCKET = 'arn:aws:s3:::clarity/*'
const OBJECT = 'arn:aws:s3:::clarity/raw/1'

test('nothing is allowed unless a policy says so', () => {
  expect(evaluate([], read(OBJECT)).decision).toBe('implicitDeny')
  const other = policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: BUCKET })
  expect(evaluate([other], read(OBJECT)).decision).toBe('implicitDeny')
})

test('an explicit deny wins over any allow, wherever it stands', () => {
  const allow = policy({ Effect: 'Allow', Action: '*', Resource: '*' })
  const deny = policy({ Sid: 'no', Effect: 'Deny', Action: 's3:Get*', Resource: BUCKET })
  expect(evaluate([deny, allow], read(OBJECT))).toEqual({
    decision: 'explicitDeny',
    matched: [{ policy: 0, sid: 'no' }],
  })
  expect(evaluate([allow, deny], read('arn:aws:s3:::other/1')).decision).toBe('allowed')
})

test.each([
  ['s3:*', 's3:GetObject', true],
  ['S3:getobject', 's3:GetObject', true],
  ['s3:Get?bject', 's3:GetObject', true],
  ['s3:Get', 's3:GetObject', false],
  ['*', 'anything:AtAll', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-b-b', false],
])('action %s and %s: %s', (pattern, action, expected) => {
  expect(matches(pattern, action, true)).toBe(expected)
})

test('a pattern full of stars takes no time', () => {
  const start = performance.now()
  expect(matches('*a'.repeat(40), `${'a'.repeat(5000)}b`)).toBe(false)
  expect(performance.now() - start).toBeLessThan(500)
})

test('NotAction and NotResource allow everything but what they name', () => {
  const statement: Statement = { Effect: 'Allow', NotAction: 'iam:*', NotResource: 'arn:aws:s3:::secret/*' }
  expect(evaluate([policy(statement)], read(OBJECT)).decision).toBe('allowed')
  expect(evaluate([policy(statement)], read('arn:aws:s3:::secret/1')).decision).toBe('implicitDeny')
  const asked = { action: 'iam:CreateRole', resource: '*', context: {} }
  expect(evaluate([policy(statement)], asked).decision).toBe('implicitDeny')
})

test.each<[string, Statement['Condition'], AccessRequest['context'], boolean]>([
  ['string equals', { StringEquals: { 'kms:ViaService': 's3' } }, { 'kms:ViaService': 's3' }, true],
  ['one of several', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
  ['keys ignore case', { StringEquals: { 'AWS:SourceAccount': '1' } }, { 'aws:sourceaccount': '1' }, true],
  ['missing key', { StringEquals: { k: 'a' } }, {}, false],
  ['missing key, if exists', { StringEqualsIfExists: { k: 'a' } }, {}, true],
  ['not equals', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
  ['not equals of a missing key', { StringNotEquals: { k: 'a' } }, {}, true],
  ['like', { StringLike: { k: 'clarity-*' } }, { k: 'clarity-prod' }, true],
  ['bool', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false],
  ['bool as JSON', { Bool: { 'aws:SecureTransport': true } }, { 'aws:SecureTransport': 'true' }, true],
  ['null', { Null: { k: 'true' } }, {}, true],
  ['all conditions', { StringEquals: { a: '1' }, Bool: { b: 'true' } }, { a: '1', b: 'false' }, false],
  ['for all values', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, false],
  ['for any value', { 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, true],
  ['an operator that is not known', { BinaryEquals: { k: 'QQ==' } }, { k: 'QQ==' }, false],
  [
    'an address',
    { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '::1'] } },
    { 'aws:SourceIp': '10.1.1.1' },
    true,
  ],
  ['another address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '11.1.1.1' }, false],
  [
    'not an address',
    { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { 'aws:SourceIp': '10.1.1.1' },
    false,
  ],
  [
    'until a date, that date included',
    { DateLessThanEquals: { 'aws:CurrentTime': '2026-11-24T00:00:00Z' } },
    { 'aws:CurrentTime': '2026-11-24T00:00:00Z' },
    true,
  ],
])('condition: %s', (_, Condition, context, expected) => {
  const allow = policy({ Effect: 'Allow', Action: 's3:*', Resource: '*', Condition })
  expect(evaluate([allow], read(OBJECT, context)).decision).toBe(expected ? 'allowed' : 'implicitDeny')
})

test('a deny whose condition cannot be judged denies', () => {
  const allow = policy({ Effect: 'Allow', Action: '*', Resource: '*' })
  const Condition = { BinaryEquals: { k: 'QQ==' } }
  const deny = policy({ Effect: 'Deny', Action: '*', Resource: '*', Condition })
  expect(evaluate([allow, deny], read(OBJECT)).decision).toBe('explicitDeny')
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: IAM's own notation
test('policy variables stand for what the context holds', () => {
  const own = policy({ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::home/${aws:username}/*' })
  expect(evaluate([own], read('arn:aws:s3:::home/ada/1', { 'aws:username': 'ada' })).decision).toBe('allowed')
  expect(evaluate([own], read('arn:aws:s3:::home/bob/1', { 'aws:username': 'ada' })).decision).toBe(
    'implicitDeny',
  )
  expect(evaluate([own], read('arn:aws:s3:::home/bob/1')).decision).toBe('implicitDeny')
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: IAM's own notation

test('a permissions boundary must allow as well', () => {
  const all = policy({ Effect: 'Allow', Action: '*', Resource: '*' })
  const boundary = policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
  expect(evaluate([all], read(OBJECT), boundary).decision).toBe('allowed')
  expect(evaluate([all], { action: 'sqs:SendMessage', resource: '*', context: {} }, boundary).decision).toBe(
    'implicitDeny',
  )
})
