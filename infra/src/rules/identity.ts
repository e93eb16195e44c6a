import { namesOf } from '@clarity/environments'
import { at, type Json, type JsonValue, listOf, type Resource, type Rule, statementsOf } from './rule.ts'

const POLICIES = ['AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy', 'AWS::IAM::RolePolicy']
const GITHUB = 'token.actions.githubusercontent.com'

/** Actions that know no resources, or none that can be named before they exist (service authorization reference). */
const ON_ANYTHING = new Set([
  'cloudwatch:DescribeAlarms',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ecr:GetAuthorizationToken',
  'ecs:DescribeTaskDefinition',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'logs:DescribeLogGroups',
  'servicequotas:GetServiceQuota',
])

/** DynamoDB actions that change or remove an item that is there. */
const REWRITES = [
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PartiQLDelete',
]

/** Services that a role here may be taken by. */
const SERVICES = new Set([
  'backup.amazonaws.com',
  'cloudtrail.amazonaws.com',
  'ecs-tasks.amazonaws.com',
  'ecs.amazonaws.com',
  'vpc-flow-logs.amazonaws.com',
])

/** What holds of roles, what they may do, and who may take them. */
export const IDENTITY_RULES: Rule[] = [
  {
    name: 'exact-actions',
    demands: 'roles are allowed actions by name: no `*` in any, and no policy allows “all but”',
    cites: ['164.312(a)(1)', '164.308(a)(4)(ii)(B)'],
    check: ({ of }, find) => {
      for (const policy of of(...POLICIES))
        for (const statement of statementsOf(policy.properties.PolicyDocument)) {
          const wild = actionsOf(statement).filter(action => action.includes('*'))
          if (wild.length > 0) find(policy, `it allows ${wild.join(', ')}`)
          if (statement.NotAction || statement.NotResource) find(policy, 'it allows all but what it names')
        }
    },
  },
  {
    name: 'access-records-kept',
    demands: 'tasks that write to the table are denied every change and removal of an access record',
    cites: ['164.312(b)', '164.312(c)(1)'],
    check: ({ of }, find) => {
      for (const policy of of(...POLICIES)) {
        const statements = statementsOf(policy.properties.PolicyDocument)
        const actions = (effect: string, fits: (statement: Json) => boolean) =>
          statements
            .filter(each => each.Effect === effect && fits(each))
            .flatMap(({ Action }) => listOf(Action).map(String))
        const writes = actions('Allow', () => true).some(action => REWRITES.includes(action))
        if (policy.stack !== 'compute' || !writes) continue
        const denied = actions('Deny', ({ Condition }) =>
          JSON.stringify(Condition ?? {}).includes('"dynamodb:LeadingKeys":["AUDIT#*"]'),
        )
        const open = REWRITES.filter(action => !denied.includes(action))
        if (open.length > 0) find(policy, `${open.join(', ')} may reach access records`)
      }
    },
  },
  {
    name: 'exact-resources',
    demands: 'roles are allowed named resources; `*` is for actions that know none',
    cites: ['164.312(a)(1)', '164.308(a)(4)(ii)(B)'],
    check: ({ of }, find) => {
      for (const policy of of(...POLICIES))
        for (const statement of statementsOf(policy.properties.PolicyDocument)) {
          if (!listOf(statement.Resource).some(isAnything)) continue
          const wrong = actionsOf(statement).filter(action => !ON_ANYTHING.has(action))
          if (wrong.length > 0) find(policy, `it allows ${wrong.join(', ')} on anything`)
        }
    },
  },
  {
    name: 'no-inline-policies',
    demands: 'roles have managed policies alone, and none of AWS’s own',
    cites: ['164.308(a)(4)(ii)(B)'],
    check: ({ of }, find) => {
      for (const policy of of('AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy'))
        find(policy, 'it is inline')
      for (const role of of('AWS::IAM::Role')) {
        if (listOf(role.properties.Policies).length > 0) find(role, 'it has an inline policy')
        if (JSON.stringify(role.properties.ManagedPolicyArns ?? []).includes(':iam::aws:policy'))
          find(role, 'it has a policy of AWS’s, which grants more than this needs')
      }
      for (const user of of('AWS::IAM::User', 'AWS::IAM::AccessKey'))
        find(user, 'people and robots are no users here')
    },
  },
  {
    name: 'pass-role-bound',
    demands: 'who hands a role to a service names the role and the service',
    cites: ['164.312(a)(1)'],
    check: ({ of }, find) => {
      for (const policy of of(...POLICIES))
        for (const statement of statementsOf(policy.properties.PolicyDocument)) {
          if (!actionsOf(statement).includes('iam:PassRole')) continue
          if (!at(statement.Condition, 'StringEquals', 'iam:PassedToService'))
            find(policy, 'roles may be passed to any service')
          if (JSON.stringify(statement.Resource).includes('*')) find(policy, 'any role may be passed')
        }
    },
  },
  {
    name: 'trusted-by-name',
    demands: 'roles are taken by the AWS services that need them and by nobody else, but for the deploy role',
    cites: ['164.308(a)(4)(ii)(B)', '164.312(d)'],
    check: ({ of, environment }, find) => {
      for (const role of of('AWS::IAM::Role'))
        for (const statement of statementsOf(role.properties.AssumeRolePolicyDocument)) {
          const services = listOf(at(statement.Principal, 'Service')).map(String)
          const strangers = services.filter(service => !SERVICES.has(service))
          if (strangers.length > 0) find(role, `${strangers.join(', ')} may take it`)
          const github = at(statement.Principal, 'Federated')
          if (github && role.properties.RoleName !== namesOf(environment).deployRole)
            find(role, 'workflows may take it')
          if (at(statement.Principal, 'AWS') || statement.Principal === '*')
            find(role, 'an account may take it')
        }
    },
  },
  {
    name: 'deploy-role-bound',
    demands: 'only a job of this repository, branch and GitHub environment may become the deploy role',
    cites: ['164.312(d)', '164.308(a)(4)(ii)(B)'],
    check: ({ of, environment }, find) => {
      const { owner, name, branch } = environment.repository
      const role = of('AWS::IAM::Role').find(
        ({ properties }) => properties.RoleName === namesOf(environment).deployRole,
      )
      if (!role) return find('delivery', 'there is no deploy role')
      for (const { Condition } of statementsOf(role.properties.AssumeRolePolicyDocument)) {
        const equals = (key: string) => listOf(at(Condition, 'StringEquals', `${GITHUB}:${key}`)).map(String)
        if (Object.keys((Condition ?? {}) as Json).join() !== 'StringEquals')
          find(role, 'its trust has a condition that is no equality')
        if (equals('aud').join() !== 'sts.amazonaws.com') find(role, 'the audience is not AWS’s')
        const subjects = equals('sub')
        const plain = `repo:${owner}/${name}:environment:${environment.name}`
        const ids = /^repo:[\w.-]+@\d+\/[\w.-]+@\d+:environment:[a-z]+$/
        if (subjects.length === 0) find(role, 'any repository may take it')
        for (const subject of subjects)
          if (
            subject !== plain &&
            !(ids.test(subject) && subject.endsWith(`:environment:${environment.name}`))
          )
            find(role, `${subject} may take it`)
        if (equals('ref').join() !== `refs/heads/${branch}`)
          find(role, `a branch other than ${branch} may take it`)
      }
    },
  },
]

/** What an allowing statement allows; nothing where it denies. */
export function actionsOf(statement: Json): string[] {
  return statement.Effect === 'Allow' ? listOf(statement.Action).map(String) : []
}

/** The actions of each role by its name: what the reviewed list of docs and tests holds. */
export function actionsByRole(policies: Resource[]): Record<string, string[]> {
  return Object.fromEntries(
    policies
      .filter(({ type }) => POLICIES.includes(type))
      .map(({ properties }) => [
        String(properties.ManagedPolicyName),
        [...new Set(statementsOf(properties.PolicyDocument).flatMap(actionsOf))].sort(),
      ]),
  )
}

function isAnything(resource: JsonValue): boolean {
  return (
    resource === '*' || resource === 'arn:aws:*' || /^arn:aws:[a-z0-9-]+:\*?:\*?:\*$/.test(String(resource))
  )
}
