import {
  AddCustomAttributesCommand,
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserAttributesCommand,
  AdminDeleteUserCommand,
  AdminListGroupsForUserCommand,
  AdminUpdateUserAttributesCommand,
  CreateGroupCommand,
  CreateUserPoolCommand,
  DeleteUserAttributesCommand,
  DeleteUserPoolCommand,
  DescribeRiskConfigurationCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  GetUserPoolMfaConfigCommand,
  GroupExistsException,
  InvalidParameterException,
  InvalidPasswordException,
  ListTagsForResourceCommand,
  ListUserPoolClientsCommand,
  ListUsersCommand,
  ResourceNotFoundException,
  RespondToAuthChallengeCommand,
  SetRiskConfigurationCommand,
  TagResourceCommand,
  UpdateUserAttributesCommand,
  UpdateUserPoolCommand,
  UserNotFoundException,
  VerifyUserAttributeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD, startCognito } from './testing.ts'

let it: Awaited<ReturnType<typeof startCognito>>
beforeAll(async () => {
  it = await startCognito({
    pool: { Policies: { PasswordPolicy: { MinimumLength: 12, RequireSymbols: true } } },
  })
})
afterAll(() => it.cloud.dispose())

test('a pool is described, updated, tagged, protected, deleted', async () => {
  const { UserPool } = await it.send(
    new CreateUserPoolCommand({
      PoolName: 'protected',
      DeletionProtection: 'ACTIVE',
      UserPoolTags: { env: 'test' },
      Schema: [{ Name: 'clinic', AttributeDataType: 'String', Mutable: true }],
    }),
  )
  const { Id: UserPoolId, Arn: ResourceArn } = UserPool ?? {}
  expect(UserPoolId).toMatch(/^us-east-1_[0-9A-Za-z]{9}$/)
  expect(UserPool?.SchemaAttributes?.map(a => a.Name)).toContain('custom:clinic')
  await expect(it.send(new DeleteUserPoolCommand({ UserPoolId }))).rejects.toBeInstanceOf(
    InvalidParameterException,
  )
  const add = (Name: string) =>
    it.send(
      new AddCustomAttributesCommand({
        UserPoolId,
        CustomAttributes: [{ Name, AttributeDataType: 'String' }],
      }),
    )
  await add('ward')
  await expect(add('ward')).rejects.toBeInstanceOf(InvalidParameterException)
  await expect(add('email')).rejects.toBeInstanceOf(InvalidParameterException)
  await it.send(new TagResourceCommand({ ResourceArn, Tags: { team: 'a' } }))
  const { Tags } = await it.send(new ListTagsForResourceCommand({ ResourceArn }))
  expect(Tags).toEqual({ env: 'test', team: 'a' })
  await it.send(new UpdateUserPoolCommand({ UserPoolId, DeletionProtection: 'INACTIVE' }))
  await it.send(new DeleteUserPoolCommand({ UserPoolId }))
  await expect(it.send(new DescribeUserPoolCommand({ UserPoolId }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  )
})

test('what would silently not happen is refused', async () => {
  const LambdaConfig = { PreSignUp: 'arn:aws:lambda:us-east-1:124355672559:function:x' }
  await expect(it.send(new CreateUserPoolCommand({ PoolName: 'x', LambdaConfig }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  })
  await expect(
    it.send(new CreateUserPoolCommand({ PoolName: 'x', MfaConfiguration: 'ON' })),
  ).rejects.toBeInstanceOf(InvalidParameterException)
  expect(await it.send(new GetUserPoolMfaConfigCommand({ UserPoolId: it.poolId }))).toMatchObject({
    MfaConfiguration: 'OFF',
    SoftwareTokenMfaConfiguration: { Enabled: false },
  })
})

test('a client is listed and described', async () => {
  const { UserPoolClients } = await it.send(new ListUserPoolClientsCommand({ UserPoolId: it.poolId }))
  expect(UserPoolClients).toEqual([{ ClientId: it.clientId, UserPoolId: it.poolId, ClientName: 'app' }])
  const { UserPoolClient } = await it.send(
    new DescribeUserPoolClientCommand({ UserPoolId: it.poolId, ClientId: it.clientId }),
  )
  expect(UserPoolClient).toMatchObject({ AuthSessionValidity: 3, EnableTokenRevocation: true })
  expect(UserPoolClient).not.toHaveProperty('ClientSecret')
})

test('what threat protection should do is kept for a pool and for a client', async () => {
  const { poolId: UserPoolId, clientId: ClientId } = it
  const told = async (input: { UserPoolId: string; ClientId?: string }) =>
    (await it.send(new DescribeRiskConfigurationCommand(input))).RiskConfiguration
  expect(await told({ UserPoolId })).toEqual({ UserPoolId })
  const CompromisedCredentialsRiskConfiguration = { Actions: { EventAction: 'BLOCK' as const } }
  await it.send(
    new SetRiskConfigurationCommand({ UserPoolId, ClientId, CompromisedCredentialsRiskConfiguration }),
  )
  expect(await told({ UserPoolId, ClientId })).toEqual({
    UserPoolId,
    ClientId,
    CompromisedCredentialsRiskConfiguration,
    LastModifiedDate: expect.any(Date),
  })
  expect(await told({ UserPoolId })).toEqual({ UserPoolId })
  await expect(told({ UserPoolId, ClientId: 'none' })).rejects.toBeInstanceOf(ResourceNotFoundException)
})

test('an invited user must set a password, and the temporary one ends', async () => {
  const Username = 'invited@example.com'
  const { User } = await it.send(
    new AdminCreateUserCommand({
      UserPoolId: it.poolId,
      Username,
      UserAttributes: [{ Name: 'name', Value: 'Invited' }],
      DesiredDeliveryMediums: ['EMAIL'],
    }),
  )
  expect(User?.UserStatus).toBe('FORCE_CHANGE_PASSWORD')
  const url = `${it.cloud.endpoint}/_cognito/outbox?destination=${Username}`
  const { messages } = (await (await fetch(url)).json()) as { messages: { temporaryPassword: string }[] }
  const begun = await it.signIn(Username, messages[0]?.temporaryPassword)
  expect(begun.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
  expect(JSON.parse(begun.ChallengeParameters?.userAttributes as string)).toMatchObject({ name: 'Invited' })
  const answer = (NEW_PASSWORD: string) =>
    it.send(
      new RespondToAuthChallengeCommand({
        ClientId: it.clientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session: begun.Session,
        ChallengeResponses: { USERNAME: Username, NEW_PASSWORD },
      }),
    )
  await expect(answer('short')).rejects.toBeInstanceOf(InvalidPasswordException)
  expect((await answer(PASSWORD)).AuthenticationResult?.AccessToken).toBeDefined()
  await expect(answer(PASSWORD)).rejects.toThrow('Invalid session')

  await it.send(
    new AdminCreateUserCommand({
      UserPoolId: it.poolId,
      Username: 'late@example.com',
      TemporaryPassword: PASSWORD,
    }),
  )
  it.cloud.clock.advance(7 * 86_400_000)
  await expect(it.signIn('late@example.com')).rejects.toThrow('Temporary password has expired')
})

test('lists users by filter and in pages', async () => {
  for (const user of ['list-a', 'list-b', 'list-c']) await it.adminMade(`${user}@example.com`)
  const list = (Filter: string, Limit?: number, PaginationToken?: string) =>
    it.send(new ListUsersCommand({ UserPoolId: it.poolId, Filter, Limit, PaginationToken }))
  expect((await list('email = "list-b@example.com"')).Users).toHaveLength(1)
  expect((await list('cognito:user_status = "CONFIRMED"')).Users?.length).toBeGreaterThanOrEqual(3)
  const first = await list('email ^= "list-"', 2)
  const second = await list('email ^= "list-"', 2, first.PaginationToken)
  expect([first.Users?.length, second.Users?.length, second.PaginationToken]).toEqual([2, 1, undefined])
  await expect(list('email like "x"')).rejects.toBeInstanceOf(InvalidParameterException)
})

test('a changed address is unverified until its code comes back, and is not another user’s', async () => {
  await it.adminMade('old@example.com')
  await it.adminMade('taken@example.com')
  const { AuthenticationResult } = await it.signIn('old@example.com')
  const AccessToken = AuthenticationResult?.AccessToken
  const change = (Value: string) =>
    it.send(new UpdateUserAttributesCommand({ AccessToken, UserAttributes: [{ Name: 'email', Value }] }))
  await expect(change('taken@example.com')).rejects.toMatchObject({ name: 'AliasExistsException' })
  await change('new@example.com')
  const attributes = async () => (await it.send(new GetUserCommand({ AccessToken }))).UserAttributes
  expect(await attributes()).toContainEqual({ Name: 'email_verified', Value: 'false' })
  await it.send(
    new VerifyUserAttributeCommand({
      AccessToken,
      AttributeName: 'email',
      Code: await it.codeFor('new@example.com'),
    }),
  )
  expect(await attributes()).toContainEqual({ Name: 'email_verified', Value: 'true' })
  expect((await it.signIn('new@example.com')).AuthenticationResult).toBeDefined()
  await expect(
    it.send(
      new UpdateUserAttributesCommand({
        AccessToken,
        UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
      }),
    ),
  ).rejects.toThrow('unauthorized attribute')
})

test('attributes are taken off, but for what users sign in by', async () => {
  const { poolId: UserPoolId } = it
  const Username = 'attributes@example.com'
  await it.adminMade(Username)
  const set = [
    { Name: 'name', Value: 'Ada' },
    { Name: 'phone_number', Value: '+15555550100' },
    { Name: 'phone_number_verified', Value: 'true' },
  ]
  await it.send(new AdminUpdateUserAttributesCommand({ UserPoolId, Username, UserAttributes: set }))
  const { AuthenticationResult } = await it.signIn(Username)
  const AccessToken = AuthenticationResult?.AccessToken
  await it.send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['name'] }))
  const off = (name: string) =>
    it.send(new AdminDeleteUserAttributesCommand({ UserPoolId, Username, UserAttributeNames: [name] }))
  await off('phone_number')
  const { UserAttributes } = await it.send(new GetUserCommand({ AccessToken }))
  expect(UserAttributes?.map(attribute => attribute.Name).sort()).toEqual(['email', 'sub'])
  for (const name of ['email', 'sub', 'custom:none'])
    await expect(off(name)).rejects.toBeInstanceOf(InvalidParameterException)
})

test('groups, and a deleted user whose tokens and memberships end', async () => {
  const { poolId: UserPoolId } = it
  const Username = 'leaves@example.com'
  await it.adminMade(Username)
  await it.send(new CreateGroupCommand({ UserPoolId, GroupName: 'a' }))
  await expect(it.send(new CreateGroupCommand({ UserPoolId, GroupName: 'a' }))).rejects.toBeInstanceOf(
    GroupExistsException,
  )
  await it.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName: 'a' }))
  const { Groups } = await it.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }))
  expect(Groups).toMatchObject([{ GroupName: 'a', UserPoolId }])
  await it.send(
    new AdminUpdateUserAttributesCommand({
      UserPoolId,
      Username,
      UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
    }),
  )
  const { AuthenticationResult } = await it.signIn(Username)
  await it.send(new AdminDeleteUserCommand({ UserPoolId, Username }))
  await it.adminMade(Username)
  await expect(
    it.send(new GetUserCommand({ AccessToken: AuthenticationResult?.AccessToken })),
  ).rejects.toBeInstanceOf(UserNotFoundException)
  expect((await it.send(new AdminListGroupsForUserCommand({ UserPoolId, Username }))).Groups).toEqual([])
})

test('the outbox answers to this machine’s own names only', async () => {
  const url = `${it.cloud.endpoint}/_cognito/outbox`
  expect((await fetch(url)).status).toBe(400)
  const { request } = await import('node:http')
  const status = await new Promise(resolve =>
    request(`${url}?destination=a@b.c`, { headers: { host: 'evil.example' } }, r =>
      resolve(r.statusCode),
    ).end(),
  )
  expect(status).toBe(403)
})
