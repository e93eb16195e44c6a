import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, flag, optionalNumber } from './values.ts'

const SERVICE = 'cognito-idp'

/** Pool properties that the API takes under the same name, at creation and update alike. */
const POOL_SETTINGS = [
  'AccountRecoverySetting',
  'AdminCreateUserConfig',
  'AutoVerifiedAttributes',
  'DeletionProtection',
  'DeviceConfiguration',
  'EmailConfiguration',
  'EmailVerificationMessage',
  'EmailVerificationSubject',
  'LambdaConfig',
  'Policies',
  'SmsAuthenticationMessage',
  'SmsConfiguration',
  'SmsVerificationMessage',
  'UserAttributeUpdateSettings',
  'UserPoolAddOns',
  'UserPoolTags',
  'UserPoolTier',
  'VerificationMessageTemplate',
] as const
const AT_CREATION = ['AliasAttributes', 'UsernameAttributes', 'UsernameConfiguration'] as const

const userPool: Provider = {
  replaceOn: AT_CREATION,
  acts: [...POOL_SETTINGS, 'EnabledMfas', 'MfaConfiguration', 'Schema', 'UserPoolName'],
  create: async (properties, context) => {
    const { UserPool } = await context.call<{ UserPool: { Id: string } }>(SERVICE, 'CreateUserPool', {
      PoolName: properties.UserPoolName ?? context.generatedName(128),
      ...pick(properties, [...POOL_SETTINGS, ...AT_CREATION]),
      ...defined({ Schema: (properties.Schema as Properties[] | undefined)?.map(attribute) }),
    })
    context.made(UserPool.Id)
    await setMfa(UserPool.Id, properties, context)
    return UserPool.Id
  },
  update: async (UserPoolId, properties, old, context) => {
    const known = new Set(((old.Schema ?? []) as Properties[]).map(one => one.Name))
    const added = ((properties.Schema ?? []) as Properties[]).filter(one => !known.has(one.Name))
    if (added.length > 0 && old.Schema)
      await context.call(SERVICE, 'AddCustomAttributes', {
        UserPoolId,
        CustomAttributes: added.map(attribute),
      })
    await context.call(SERVICE, 'UpdateUserPool', {
      UserPoolId,
      ...defined({ PoolName: properties.UserPoolName }),
      ...pick(properties, POOL_SETTINGS),
    })
    await setMfa(UserPoolId, properties, context)
  },
  delete: (UserPoolId, _, context) => context.call(SERVICE, 'DeleteUserPool', { UserPoolId }).then(() => {}),
  attributes: (id, _, { region, accountId }) => ({
    UserPoolId: id,
    Arn: `arn:aws:cognito-idp:${region}:${accountId}:userpool/${id}`,
    ProviderName: `cognito-idp.${region}.amazonaws.com/${id}`,
    ProviderURL: `https://cognito-idp.${region}.amazonaws.com/${id}`,
  }),
}

/** Factors have an operation of their own; a pool cannot demand one before it has one. */
async function setMfa(
  UserPoolId: string,
  { MfaConfiguration, EnabledMfas }: Properties,
  context: ProviderContext,
): Promise<void> {
  if (MfaConfiguration === undefined && EnabledMfas === undefined) return
  const factors = (EnabledMfas ?? []) as string[]
  await context.call(SERVICE, 'SetUserPoolMfaConfig', {
    UserPoolId,
    SoftwareTokenMfaConfiguration: { Enabled: factors.includes('SOFTWARE_TOKEN_MFA') },
    MfaConfiguration: MfaConfiguration ?? 'OFF',
  })
}

function attribute({ Required, Mutable, ...rest }: Properties): Properties {
  return {
    ...rest,
    ...defined({
      Required: Required === undefined ? undefined : flag(Required),
      Mutable: Mutable === undefined ? undefined : flag(Mutable),
    }),
  }
}

/** Client properties that the API takes under the same name. */
const CLIENT_SETTINGS = [
  'AccessTokenValidity',
  'AllowedOAuthFlows',
  'AllowedOAuthFlowsUserPoolClient',
  'AllowedOAuthScopes',
  'AnalyticsConfiguration',
  'AuthSessionValidity',
  'CallbackURLs',
  'ClientName',
  'DefaultRedirectURI',
  'EnablePropagateAdditionalUserContextData',
  'EnableTokenRevocation',
  'ExplicitAuthFlows',
  'IdTokenValidity',
  'LogoutURLs',
  'PreventUserExistenceErrors',
  'ReadAttributes',
  'RefreshTokenRotation',
  'RefreshTokenValidity',
  'SupportedIdentityProviders',
  'TokenValidityUnits',
  'WriteAttributes',
] as const
const CLIENT_NUMBERS = new Set([
  'AccessTokenValidity',
  'AuthSessionValidity',
  'IdTokenValidity',
  'RefreshTokenValidity',
])
const CLIENT_FLAGS = new Set([
  'AllowedOAuthFlowsUserPoolClient',
  'EnablePropagateAdditionalUserContextData',
  'EnableTokenRevocation',
])

const userPoolClient: Provider = {
  replaceOn: ['UserPoolId', 'GenerateSecret'],
  acts: CLIENT_SETTINGS,
  create: async (properties, context) => {
    const { UserPoolClient } = await context.call<{ UserPoolClient: { ClientId: string } }>(
      SERVICE,
      'CreateUserPoolClient',
      {
        UserPoolId: properties.UserPoolId,
        ...clientSettings(properties),
        ClientName: properties.ClientName ?? context.generatedName(128),
        GenerateSecret: flag(properties.GenerateSecret),
      },
    )
    return UserPoolClient.ClientId
  },
  update: async (ClientId, properties, _, context) => {
    await context.call(SERVICE, 'UpdateUserPoolClient', {
      UserPoolId: properties.UserPoolId,
      ClientId,
      ...clientSettings(properties),
    })
  },
  delete: (ClientId, { UserPoolId }, context) =>
    context.call(SERVICE, 'DeleteUserPoolClient', { UserPoolId, ClientId }).then(() => {}),
  attributes: async (ClientId, { UserPoolId }, context) => {
    const input = { UserPoolId, ClientId }
    const { UserPoolClient } = await context.call<{
      UserPoolClient: { ClientName: string; ClientSecret?: string }
    }>(SERVICE, 'DescribeUserPoolClient', input)
    const { ClientName, ClientSecret } = UserPoolClient
    return { ClientId, Name: ClientName, ...defined({ ClientSecret }) }
  },
}

function clientSettings(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(pick(properties, CLIENT_SETTINGS)).map(([name, value]) => [
      name,
      CLIENT_NUMBERS.has(name) ? optionalNumber(value) : CLIENT_FLAGS.has(name) ? flag(value) : value,
    ]),
  )
}

const group: Provider = {
  replaceOn: ['GroupName', 'UserPoolId'],
  acts: ['Description', 'Precedence', 'RoleArn'],
  nameProperty: 'GroupName',
  create: async (properties, context) => {
    const GroupName = properties.GroupName ?? context.generatedName(128)
    await context.call(SERVICE, 'CreateGroup', groupInput(String(GroupName), properties))
    return String(GroupName)
  },
  update: async (name, properties, _, context) => {
    await context.setting(SERVICE, 'UpdateGroup', groupInput(name, properties))
  },
  delete: (GroupName, { UserPoolId }, context) =>
    context.call(SERVICE, 'DeleteGroup', { GroupName, UserPoolId }).then(() => {}),
}

function groupInput(GroupName: string, properties: Properties): Properties {
  const { UserPoolId, Description, RoleArn } = properties
  const Precedence = optionalNumber(properties.Precedence)
  return { GroupName, UserPoolId, ...defined({ Description, RoleArn, Precedence }) }
}

function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(
    names.filter(name => properties[name] !== undefined).map(name => [name, properties[name]]),
  )
}

const RISKS = [
  'CompromisedCredentialsRiskConfiguration',
  'AccountTakeoverRiskConfiguration',
  'RiskExceptionConfiguration',
]

/** Kept by Cognito, which judges no sign-in by it here. */
const risk: Provider = {
  recorded: true,
  replaceOn: ['UserPoolId', 'ClientId'],
  acts: RISKS,
  create: async (properties, context) => {
    await context.call(SERVICE, 'SetRiskConfiguration', riskInput(properties, pick(properties, RISKS)))
    return `${properties.UserPoolId}|${properties.ClientId}`
  },
  update: async (_, properties, __, context) => {
    await context.setting(SERVICE, 'SetRiskConfiguration', riskInput(properties, pick(properties, RISKS)))
  },
  // there is no call that deletes it: one that says nothing turns it off
  delete: (_, properties, context) =>
    context.call(SERVICE, 'SetRiskConfiguration', riskInput(properties, {})).then(() => {}),
}

function riskInput({ UserPoolId, ClientId }: Properties, settings: Properties): Properties {
  return { UserPoolId, ...(ClientId === 'ALL' ? {} : { ClientId }), ...settings }
}

export const COGNITO: Record<string, Provider> = {
  'AWS::Cognito::UserPool': userPool,
  'AWS::Cognito::UserPoolClient': userPoolClient,
  'AWS::Cognito::UserPoolGroup': group,
  'AWS::Cognito::UserPoolRiskConfigurationAttachment': risk,
}
