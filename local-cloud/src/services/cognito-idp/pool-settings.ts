import type {
  CreateUserPoolRequest,
  PasswordPolicyType,
  UpdateUserPoolRequest,
} from '@aws-sdk/client-cognito-identity-provider'
import { notImplemented } from '../../core/aws-error.ts'
import { mergeSchema } from './attributes.ts'
import { invalidParameter } from './cognito-errors.ts'
import { DEFAULT_POLICY } from './passwords.ts'
import type { PoolRecord, PoolSettings } from './records.ts'

/**
 * What a request says of a pool, defaults filled in. As on AWS, an update sets what it leaves out to the
 * default; what is fixed at creation stays.
 * @throws AwsError `InvalidParameterException`, or 501 for what would change behaviour and is not there
 */
export function readSettings(
  request: CreateUserPoolRequest | UpdateUserPoolRequest,
  current?: PoolRecord,
): PoolSettings {
  refuseWhatIsMissing(request, current ? 'UpdateUserPool' : 'CreateUserPool')
  const created = request as CreateUserPoolRequest
  const name = request.PoolName ?? current?.settings.Name
  if (!name || !/^[\w\s+=,.@-]{1,128}$/.test(name))
    throw invalidParameter(`'${name}' is not a name for a pool: 1 to 128 of [\\w\\s+=,.@-]`)
  const fixed = current
    ? current.settings
    : {
        SchemaAttributes: mergeSchema(created.Schema),
        UsernameAttributes: created.UsernameAttributes,
        AliasAttributes: created.AliasAttributes,
        UsernameConfiguration: created.UsernameConfiguration,
      }
  if (fixed.UsernameAttributes?.length && fixed.AliasAttributes?.length)
    throw invalidParameter('Only one of the aliasAttributes or usernameAttributes can be set in a user pool.')
  return {
    Name: name,
    Policies: { ...request.Policies, PasswordPolicy: readPolicy(request.Policies?.PasswordPolicy) },
    DeletionProtection: request.DeletionProtection ?? current?.settings.DeletionProtection ?? 'INACTIVE',
    LambdaConfig: {},
    SchemaAttributes: fixed.SchemaAttributes,
    AutoVerifiedAttributes: request.AutoVerifiedAttributes,
    AliasAttributes: fixed.AliasAttributes,
    UsernameAttributes: fixed.UsernameAttributes,
    SmsVerificationMessage: request.SmsVerificationMessage,
    EmailVerificationMessage: request.EmailVerificationMessage,
    EmailVerificationSubject: request.EmailVerificationSubject,
    VerificationMessageTemplate: {
      DefaultEmailOption: 'CONFIRM_WITH_CODE',
      ...request.VerificationMessageTemplate,
    },
    SmsAuthenticationMessage: request.SmsAuthenticationMessage,
    UserAttributeUpdateSettings: request.UserAttributeUpdateSettings,
    MfaConfiguration: request.MfaConfiguration ?? current?.settings.MfaConfiguration ?? 'OFF',
    EmailConfiguration: request.EmailConfiguration ?? { EmailSendingAccount: 'COGNITO_DEFAULT' },
    SmsConfiguration: request.SmsConfiguration,
    UserPoolTags: request.UserPoolTags ?? current?.settings.UserPoolTags ?? {},
    AdminCreateUserConfig: {
      AllowAdminCreateUserOnly: false,
      UnusedAccountValidityDays: 7,
      ...request.AdminCreateUserConfig,
    },
    UserPoolAddOns: request.UserPoolAddOns,
    UsernameConfiguration: fixed.UsernameConfiguration,
    AccountRecoverySetting: request.AccountRecoverySetting,
    UserPoolTier: request.UserPoolTier ?? current?.settings.UserPoolTier ?? 'ESSENTIALS',
  }
}

/** What would silently not happen here is refused instead. */
function refuseWhatIsMissing(
  request: CreateUserPoolRequest | UpdateUserPoolRequest,
  operation: string,
): void {
  const refuse = (what: string) => notImplemented('cognito-idp', `${operation} with ${what}`)
  if (Object.values(request.LambdaConfig ?? {}).some(Boolean)) throw refuse('LambdaConfig (triggers)')
  if (request.DeviceConfiguration) throw refuse('DeviceConfiguration (remembered devices)')
  if (request.Policies?.PasswordPolicy?.PasswordHistorySize) throw refuse('PasswordHistorySize')
  const factors = request.Policies?.SignInPolicy?.AllowedFirstAuthFactors
  if (factors?.some(factor => factor !== 'PASSWORD')) throw refuse('a first factor other than PASSWORD')
  if (request.VerificationMessageTemplate?.DefaultEmailOption === 'CONFIRM_WITH_LINK')
    throw refuse('CONFIRM_WITH_LINK')
}

function readPolicy(given: PasswordPolicyType | undefined): PasswordPolicyType {
  if (!given) return DEFAULT_POLICY
  const policy = {
    MinimumLength: given.MinimumLength ?? 8,
    RequireUppercase: given.RequireUppercase ?? false,
    RequireLowercase: given.RequireLowercase ?? false,
    RequireNumbers: given.RequireNumbers ?? false,
    RequireSymbols: given.RequireSymbols ?? false,
    TemporaryPasswordValidityDays: given.TemporaryPasswordValidityDays ?? 7,
  }
  if (!(policy.MinimumLength >= 6 && policy.MinimumLength <= 99))
    throw invalidParameter(`MinimumLength ${policy.MinimumLength} must be between 6 and 99`)
  if (!(policy.TemporaryPasswordValidityDays >= 0 && policy.TemporaryPasswordValidityDays <= 365))
    throw invalidParameter(
      `TemporaryPasswordValidityDays ${policy.TemporaryPasswordValidityDays} must be between 0 and 365`,
    )
  return policy
}
