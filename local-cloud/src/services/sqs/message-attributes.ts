import { createHash } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { invalidValue } from './sqs-errors.ts'

/** A message attribute as it lies on the wire: binary values in base64. */
export type WireAttribute = Omit<MessageAttributeValue, 'BinaryValue'> & { BinaryValue?: string }
export type WireAttributes = Record<string, WireAttribute>

/** Most attributes of one message (SQS quotas). */
const MOST = 10

/** @throws AwsError `InvalidParameterValueException` naming the attribute that AWS would refuse */
export function checkAttributes(attributes: WireAttributes): void {
  const names = Object.keys(attributes)
  if (names.length > MOST)
    throw invalidValue(
      'MessageAttributes',
      names.length,
      `Number of message attributes must be at most ${MOST}.`,
    )
  for (const name of names) {
    const refuse = (reason: string) => invalidValue('MessageAttributes', name, reason)
    if (!/^(?!aws\.|amazon\.)(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)$/i.test(name))
      throw refuse('The attribute name is not allowed.')
    const { DataType = '', StringValue, BinaryValue } = attributes[name] as WireAttribute
    const type = /^(String|Number|Binary)(\..+)?$/.exec(DataType)?.[1]
    if (!type || DataType.length > 256)
      throw refuse(`The type '${DataType}' must be String, Number or Binary, with an optional label.`)
    const value = type === 'Binary' ? BinaryValue : StringValue
    if (typeof value !== 'string' || value === '')
      throw refuse(
        `A ${type} attribute needs a non-empty ${type === 'Binary' ? 'BinaryValue' : 'StringValue'}.`,
      )
    if (type === 'Number' && (value.trim() === '' || !Number.isFinite(Number(value))))
      throw refuse('Can not cast the value to a number.')
  }
}

/** Bytes that the attributes add to the size of a message. */
export function attributesSize(attributes: WireAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, attribute]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(attribute.DataType ?? '') +
      valueBytes(attribute).length,
    0,
  )
}

/**
 * The digest that SDKs compare: names in order, each of name, type and value with its length before it.
 * Source: "Calculating the MD5 message digest for message attributes", SQS Developer Guide.
 */
export function attributesDigest(attributes: WireAttributes): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const name of names) {
    const attribute = attributes[name] as WireAttribute
    part(Buffer.from(name))
    part(Buffer.from(attribute.DataType ?? ''))
    hash.update(Buffer.from([isBinary(attribute) ? 2 : 1]))
    part(valueBytes(attribute))
  }
  return hash.digest('hex')
}

/** The attributes that a receive asked for: `All`, `.*`, a name, or a prefix such as `trace.*`. */
export function pickAttributes(attributes: WireAttributes, wanted: string[] = []): WireAttributes {
  const picked = Object.entries(attributes).filter(([name]) =>
    wanted.some(
      want => want === 'All' || want === name || (want.endsWith('.*') && name.startsWith(want.slice(0, -2))),
    ),
  )
  return Object.fromEntries(picked)
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function isBinary(attribute: WireAttribute): boolean {
  return (attribute.DataType ?? '').startsWith('Binary')
}

function valueBytes(attribute: WireAttribute): Buffer {
  return isBinary(attribute)
    ? Buffer.from(attribute.BinaryValue ?? '', 'base64')
    : Buffer.from(attribute.StringValue ?? '')
}
