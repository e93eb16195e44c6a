import { at, listOf, type Rule } from './rule.ts'

/** Longest life of an access token, in minutes: it cannot be taken back before it ends. */
const TOKEN_MINUTES = 15
const LEAST_PASSWORD = 12

/** What holds of the users' pool and of the app that asks it. */
export const USER_RULES: Rule[] = [
  {
    name: 'second-factor',
    demands:
      'a second factor is demanded in production and offered elsewhere, by an app and never by text message',
    cites: ['164.312(d)'],
    check: ({ of, environment }, find) => {
      for (const pool of of('AWS::Cognito::UserPool')) {
        const { MfaConfiguration = 'OFF', EnabledMfas } = pool.properties
        if (environment.name === 'prod' ? MfaConfiguration !== 'ON' : MfaConfiguration === 'OFF')
          find(pool, `a second factor is ${MfaConfiguration}`)
        if (listOf(EnabledMfas).join() !== 'SOFTWARE_TOKEN_MFA')
          find(pool, `second factors are ${listOf(EnabledMfas).join(', ') || 'none'}`)
      }
    },
  },
  {
    name: 'strong-passwords',
    demands: `passwords have ${LEAST_PASSWORD} characters or more, of all kinds`,
    cites: ['164.308(a)(5)(ii)(D)'],
    check: ({ of }, find) => {
      for (const pool of of('AWS::Cognito::UserPool')) {
        const policy = at(pool.properties.Policies, 'PasswordPolicy')
        if (Number(at(policy, 'MinimumLength') ?? 0) < LEAST_PASSWORD) find(pool, 'passwords may be short')
        for (const kind of ['Lowercase', 'Uppercase', 'Numbers', 'Symbols'])
          if (at(policy, `Require${kind}`) !== true) find(pool, `passwords may lack ${kind.toLowerCase()}`)
      }
    },
  },
  {
    name: 'users-protected',
    demands: 'where data is protected the pool cannot be deleted, and risky sign-ins are stopped',
    cites: ['164.308(a)(5)(ii)(C)', '164.308(a)(7)(ii)(A)'],
    check: ({ of, environment }, find) => {
      if (!environment.data.protect) return
      for (const pool of of('AWS::Cognito::UserPool')) {
        if (pool.properties.DeletionProtection !== 'ACTIVE') find(pool, 'it can be deleted')
        if (at(pool.properties.UserPoolAddOns, 'AdvancedSecurityMode') !== 'ENFORCED')
          find(pool, 'risky sign-ins are not stopped')
        if (pool.properties.UserPoolTier !== 'PLUS') find(pool, 'its tier has no threat protection')
      }
    },
  },
  {
    name: 'tokens-short',
    demands: `access tokens end after ${TOKEN_MINUTES} minutes, refresh tokens can be taken back, and nobody learns who is a user`,
    cites: ['164.312(a)(2)(iii)', '164.312(d)'],
    check: ({ of }, find) => {
      for (const client of of('AWS::Cognito::UserPoolClient')) {
        const { AccessTokenValidity, TokenValidityUnits, EnableTokenRevocation, PreventUserExistenceErrors } =
          client.properties
        if (
          at(TokenValidityUnits, 'AccessToken') !== 'minutes' ||
          Number(AccessTokenValidity ?? 60) > TOKEN_MINUTES
        )
          find(client, `access tokens live longer than ${TOKEN_MINUTES} minutes`)
        if (EnableTokenRevocation !== true) find(client, 'tokens cannot be taken back')
        if (PreventUserExistenceErrors !== 'ENABLED') find(client, 'errors tell who is a user')
      }
    },
  },
]
