import type { AttributeType, SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { invalidParameter, notAuthorized } from './cognito-errors.ts'
import type { ClientRecord, PoolRecord, UserRecord } from './records.ts'

const STRINGS = [
  'name given_name family_name middle_name nickname preferred_username profile picture website',
  'email gender zoneinfo locale phone_number address',
]
  .join(' ')
  .split(' ')

/** The attributes that every pool has (OpenID Connect's standard claims). */
function standardSchema(): SchemaAttributeType[] {
  const text = { AttributeDataType: 'String', DeveloperOnlyAttribute: false, Required: false } as const
  return [
    {
      ...text,
      Name: 'sub',
      Mutable: false,
      Required: true,
      StringAttributeConstraints: { MinLength: '1', MaxLength: '2048' },
    },
    ...STRINGS.map(Name => ({
      ...text,
      Name,
      Mutable: true,
      StringAttributeConstraints: { MinLength: '0', MaxLength: '2048' },
    })),
    {
      ...text,
      Name: 'birthdate',
      Mutable: true,
      StringAttributeConstraints: { MinLength: '10', MaxLength: '10' },
    },
    ...['email_verified', 'phone_number_verified'].map(Name => ({
      ...text,
      Name,
      AttributeDataType: 'Boolean' as const,
      Mutable: true,
    })),
    {
      ...text,
      Name: 'updated_at',
      AttributeDataType: 'Number',
      Mutable: true,
      NumberAttributeConstraints: { MinValue: '0' },
    },
  ]
}

/** The standard attributes with what a pool says of them, then its own under `custom:`. */
export function mergeSchema(given: SchemaAttributeType[] = []): SchemaAttributeType[] {
  const schema = standardSchema()
  for (const attribute of given) {
    const name = attribute.Name
    if (!name || !/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,20}$/u.test(name))
      throw invalidParameter(`'${name}' is not a name for an attribute: 1 to 20 characters`)
    const standard = schema.findIndex(known => known.Name === name)
    if (standard >= 0) schema[standard] = { ...schema[standard], ...attribute }
    else
      schema.push({
        AttributeDataType: 'String',
        DeveloperOnlyAttribute: false,
        Mutable: false,
        ...attribute,
        Required: false,
        Name: name.startsWith('custom:') ? name : `custom:${name}`,
      })
  }
  return schema
}

/** Adds a pool's own attributes. @throws AwsError `InvalidParameterException` for one that exists */
export function addToSchema(
  schema: SchemaAttributeType[],
  added: SchemaAttributeType[] = [],
): SchemaAttributeType[] {
  const own = mergeSchema(added).filter(({ Name }) => Name?.startsWith('custom:'))
  if (added.length === 0 || own.length !== added.length)
    throw invalidParameter('CustomAttributes must name one or more attributes that are not standard ones')
  const twice = own.find(({ Name }) => schema.some(known => known.Name === Name))
  if (twice) throw invalidParameter(`${twice.Name}: Existing attribute already has name ${twice.Name}.`)
  return [...schema, ...own]
}

/**
 * Takes attributes off a user.
 * @throws AwsError `InvalidParameterException` for one that the pool demands or does not know
 */
export function deleteAttributes(pool: PoolRecord, user: UserRecord, names: string[] | undefined): void {
  for (const name of names ?? []) {
    const schema = pool.settings.SchemaAttributes?.find(attribute => attribute.Name === name)
    if (!schema) throw invalidParameter(`${name}: Attribute does not exist in the schema.`)
    if (schema.Required || schema.Mutable === false)
      throw invalidParameter(`user.${name}: Attribute cannot be deleted.`)
    if (((pool.settings.UsernameAttributes ?? []) as string[]).includes(name))
      throw invalidParameter(`${name}: users of this pool sign in by it`)
    delete user.attributes[name]
    delete user.attributes[`${name}_verified`]
  }
}

export type Writer = 'sign-up' | 'user' | 'admin'

/**
 * Reads the attributes that a request sets.
 * @param existing the user's attributes where there is one: immutable ones may not change
 * @throws AwsError `InvalidParameterException` by the schema, `NotAuthorizedException` by the client
 */
export function readAttributes(
  pool: PoolRecord,
  given: AttributeType[] | undefined,
  writer: Writer,
  client?: ClientRecord,
  existing?: Record<string, string>,
): Record<string, string> {
  const read: Record<string, string> = {}
  for (const { Name = '', Value = '' } of given ?? []) {
    const schema = pool.settings.SchemaAttributes?.find(attribute => attribute.Name === Name)
    if (!schema) throw refuse(`${Name}: Attribute does not exist in the schema.`)
    if (Name === 'sub') throw invalidParameter('Cannot modify the non-mutable attribute sub')
    if (existing && schema.Mutable === false && existing[Name] !== undefined && existing[Name] !== Value)
      throw invalidParameter(`user.${Name}: Attribute cannot be updated.`)
    if (writer !== 'admin') checkWritable(client, Name)
    checkValue(schema, Name, Value)
    read[Name] = Value
  }
  return read
}

function checkWritable(client: ClientRecord | undefined, name: string): void {
  const writable = client?.settings.WriteAttributes
  if (name.endsWith('_verified') || (writable && !writable.includes(name)))
    throw notAuthorized('A client attempted to write unauthorized attribute')
}

function checkValue(schema: SchemaAttributeType, name: string, value: string): void {
  const { MinLength, MaxLength } = schema.StringAttributeConstraints ?? {}
  const { MinValue, MaxValue } = schema.NumberAttributeConstraints ?? {}
  const type = schema.AttributeDataType
  if (
    type === 'String' &&
    (value.length < Number(MinLength ?? 0) || value.length > Number(MaxLength ?? 2048))
  )
    throw refuse(`${name}: String must be ${MinLength ?? 0} to ${MaxLength ?? 2048} characters.`)
  if (
    type === 'Number' &&
    !(
      value !== '' &&
      Number(value) >= Number(MinValue ?? -Infinity) &&
      Number(value) <= Number(MaxValue ?? Infinity)
    )
  )
    throw refuse(`${name}: Not a number within the bounds of the schema.`)
  if (type === 'Boolean' && value !== 'true' && value !== 'false') throw refuse(`${name}: Not true or false.`)
  if (name === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
    throw invalidParameter('Invalid email address format.')
  if (name === 'phone_number' && !/^\+\d{5,15}$/.test(value))
    throw invalidParameter('Invalid phone number format.')
}

/** @throws AwsError `InvalidParameterException` naming the first required attribute that is absent */
export function checkRequired(pool: PoolRecord, attributes: Record<string, string>): void {
  const absent = requiredAttributes(pool).find(name => !attributes[name])
  if (absent) throw refuse(`${absent}: The attribute ${absent} is required`)
}

/** What the pool requires of every user, besides `sub`. */
export function requiredAttributes(pool: PoolRecord): string[] {
  return (pool.settings.SchemaAttributes ?? []).flatMap(({ Name, Required }) =>
    Required && Name && Name !== 'sub' ? [Name] : [],
  )
}

/** As AWS lists them, `sub` first. */
export function attributeList(attributes: Record<string, string>, names?: string[]): AttributeType[] {
  const { sub, ...rest } = attributes
  return Object.entries({ ...(sub ? { sub } : {}), ...rest })
    .filter(([name]) => !names || names.includes(name))
    .map(([Name, Value]) => ({ Name, Value }))
}

function refuse(reason: string) {
  return invalidParameter(`Attributes did not conform to the schema: ${reason}`)
}
