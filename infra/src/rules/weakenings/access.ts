import { replaceText, set, statement, type Weakening } from './weakening.ts'

/** Ways to let somebody in who should not be. */
export const ACCESS_WEAKENINGS: Weakening[] = [
  {
    does: 'allows every action',
    rule: 'exact-actions',
    where: 'compute/TaskRolePolicy',
    change: statement(0, { Action: 'dynamodb:*' }),
  },
  {
    does: 'lets the API rewrite who read health data',
    rule: 'access-records-kept',
    where: 'compute/TaskRolePolicy',
    change: replaceText('"AUDIT#*"', '"NOTES#*"'),
  },
  {
    does: 'lets the worker remove access records',
    rule: 'access-records-kept',
    where: 'compute/WorkerTaskRolePolicy',
    change: replaceText('"dynamodb:DeleteItem",', ''),
  },
  {
    does: 'allows an action on everything',
    rule: 'exact-resources',
    where: 'compute/TaskRolePolicy',
    change: statement(2, { Resource: '*' }),
  },
  {
    does: 'adds an action that nobody reviewed',
    rule: 'reviewed-actions',
    where: 'compute/WorkerTaskRolePolicy',
    change: statement(1, { Action: 'iam:CreateUser' }),
  },
  {
    does: 'gives a role a policy inline',
    rule: 'no-inline-policies',
    where: 'compute/TaskRole',
    change: (_, properties) => {
      properties.Policies = [{ PolicyName: 'quick fix' }]
      return undefined
    },
  },
  {
    does: 'lets any service take a role that is passed',
    rule: 'pass-role-bound',
    where: 'delivery/ReleasePolicy',
    change: replaceText('"iam:PassedToService"', '"aws:RequestedRegion"'),
  },
  {
    does: 'lets another account take a role',
    rule: 'trusted-by-name',
    where: 'compute/TaskRole',
    change: statement(0, { Principal: { AWS: '999999999999' } }),
  },
  {
    does: 'lets any branch and environment release to production',
    rule: 'deploy-role-bound',
    where: 'delivery/DeployRole',
    change: replaceText('/clarity-loop:environment:prod', '/clarity-loop:*'),
  },
  {
    does: 'lets a pull request’s branch release to production',
    rule: 'deploy-role-bound',
    where: 'delivery/DeployRole',
    change: replaceText('refs/heads/main', 'refs/heads/*'),
  },
  {
    does: 'turns the second factor off',
    rule: 'second-factor',
    where: 'data/Users',
    change: set('MfaConfiguration', 'OPTIONAL'),
  },
  {
    does: 'sends second factors by text message',
    rule: 'second-factor',
    where: 'data/Users',
    change: set('EnabledMfas', ['SMS_MFA']),
  },
  {
    does: 'allows short passwords',
    rule: 'strong-passwords',
    where: 'data/Users',
    change: set('Policies.PasswordPolicy.MinimumLength', 8),
  },
  {
    does: 'only writes down risky sign-ins',
    rule: 'users-protected',
    where: 'data/Users',
    change: set('UserPoolAddOns.AdvancedSecurityMode', 'AUDIT'),
  },
  {
    does: 'gives out tokens for a day',
    rule: 'tokens-short',
    where: 'data/App',
    change: set('AccessTokenValidity', 1440),
  },
]
