import { Duration } from 'aws-cdk-lib'
import {
  AccountRecovery,
  CfnUserPoolClient,
  FeaturePlan,
  Mfa,
  StandardThreatProtectionMode,
  UserPool,
} from 'aws-cdk-lib/aws-cognito'
import type { ClarityStack } from '../clarity-stack.ts'

/** The only store of passwords, and the app that may ask it. Threat protection is part of the plan `PLUS`. */
export function users(stack: ClarityStack): { pool: UserPool; client: CfnUserPoolClient } {
  const { mfa, protect } = stack.settings.data
  const pool = new UserPool(stack, 'Users', {
    userPoolName: stack.names.userPool,
    selfSignUpEnabled: true,
    signInAliases: { email: true },
    signInCaseSensitive: false,
    autoVerify: { email: true },
    standardAttributes: { email: { required: true, mutable: true } },
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(3),
    },
    mfa: { OFF: Mfa.OFF, OPTIONAL: Mfa.OPTIONAL, ON: Mfa.REQUIRED }[mfa],
    mfaSecondFactor: { otp: true, sms: false },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    ...(protect
      ? {
          featurePlan: FeaturePlan.PLUS,
          standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
        }
      : { featurePlan: FeaturePlan.ESSENTIALS }),
    deletionProtection: protect,
    removalPolicy: stack.removal,
  })
  const client = new CfnUserPoolClient(stack, 'App', {
    userPoolId: pool.userPoolId,
    clientName: stack.names.userPoolClient,
    explicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    preventUserExistenceErrors: 'ENABLED',
    enableTokenRevocation: true,
    accessTokenValidity: 15,
    idTokenValidity: 15,
    refreshTokenValidity: 30,
    tokenValidityUnits: { accessToken: 'minutes', idToken: 'minutes', refreshToken: 'days' },
  })
  return { pool, client }
}
