import assert from 'node:assert/strict'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('IAM/latest/APIReference/')
const LOGIC = '/IAM/latest/UserGuide/reference_policies_evaluation-logic.html'

const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const TRUST = document({
  Effect: 'Allow',
  Principal: { Service: 'ecs-tasks.amazonaws.com' },
  Action: 'sts:AssumeRole',
})
const allow = (Action: string | string[], Resource = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
})

/** IAM: roles, policies, and what they add up to. */
export const iam: Suite = {
  service: 'iam',
  cases: ({ config }) => {
    const client = new IAMClient(config)
    async function role(path = '/'): Promise<{ RoleName: string; arn: string }> {
      const RoleName = freshName('role')
      const { Role } = await client.send(
        new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, Path: path }),
      )
      return { RoleName, arn: Role?.Arn as string }
    }
    const policy = async (...statements: object[]) => {
      const PolicyName = freshName('policy')
      const { Policy } = await client.send(
        new CreatePolicyCommand({ PolicyName, PolicyDocument: document(...statements) }),
      )
      return { PolicyName, arn: Policy?.Arn as string }
    }
    const decide = async (PolicyInputList: string[], action: string, resource: string, context = {}) => {
      const { EvaluationResults } = await client.send(
        new SimulateCustomPolicyCommand({
          PolicyInputList,
          ActionNames: [action],
          ResourceArns: [resource],
          ContextEntries: Object.entries(context).map(([ContextKeyName, value]) => ({
            ContextKeyName,
            ContextKeyType: 'string' as const,
            ContextKeyValues: [String(value)],
          })),
        }),
      )
      return EvaluationResults?.[0]?.EvalDecision
    }

    return [
      says('API_GetRole.html', 'a role is read with its trust policy, encoded as in a URL', async () => {
        const { RoleName, arn } = await role('/service/')
        const { Role } = await client.send(new GetRoleCommand({ RoleName }))
        has(Role, { Arn: arn, Path: '/service/', MaxSessionDuration: 3600 })
        assert.deepEqual(
          JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')),
          JSON.parse(TRUST),
        )
      }),
      says('API_CreateRole.html', 'a name is taken once', async () => {
        const { RoleName } = await role()
        await refused(
          client.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST })),
          'EntityAlreadyExistsException',
          409,
        )
      }),
      says('API_CreateRole.html', 'a trust policy that is no JSON is refused', () =>
        refused(
          client.send(new CreateRoleCommand({ RoleName: freshName('bad'), AssumeRolePolicyDocument: '{' })),
          'MalformedPolicyDocumentException',
          400,
        ),
      ),
      says('API_GetRole.html', 'a role that does not exist is NoSuchEntity', () =>
        refused(
          client.send(new GetRoleCommand({ RoleName: freshName('none') })),
          'NoSuchEntityException',
          404,
        ),
      ),
      says('API_DeleteRole.html', 'a role with policies is not deleted', async () => {
        const { RoleName } = await role()
        const { arn } = await policy(allow('s3:*'))
        await client.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: arn }))
        await refused(client.send(new DeleteRoleCommand({ RoleName })), 'DeleteConflictException', 409)
      }),
      says('API_ListRoles.html', 'lists below a path in pages', async () => {
        const PathPrefix = `/${freshName('path')}/`
        for (let at = 0; at < 3; at++) await role(PathPrefix)
        const list = (Marker?: string) =>
          client.send(new ListRolesCommand({ PathPrefix, MaxItems: 2, Marker }))
        const first = await list()
        has(first, { IsTruncated: true })
        assert.equal(first.Roles?.length, 2)
        const second = await list(first.Marker)
        assert.equal(second.Roles?.length, 1)
        assert.equal(second.IsTruncated, false)
      }),
      says('API_TagRole.html', 'a role keeps its tags', async () => {
        const { RoleName } = await role()
        await client.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'team', Value: 'a' }] }))
        const { Tags } = await client.send(new ListRoleTagsCommand({ RoleName }))
        assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])
      }),
      says(
        'API_GetRolePolicy.html',
        'an inline policy is read, encoded; another is NoSuchEntity',
        async () => {
          const { RoleName } = await role()
          const PolicyDocument = document(allow('sqs:*'))
          await client.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }))
          const read = (PolicyName: string) => client.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
          assert.equal(decodeURIComponent((await read('own')).PolicyDocument ?? ''), PolicyDocument)
          await refused(read('none'), 'NoSuchEntityException', 404)
        },
      ),
      says('API_ListAttachedRolePolicies.html', 'attached policies are listed by name and ARN', async () => {
        const { RoleName } = await role()
        const { PolicyName, arn } = await policy(allow('s3:*'))
        await client.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: arn }))
        const { AttachedPolicies } = await client.send(new ListAttachedRolePoliciesCommand({ RoleName }))
        assert.deepEqual(AttachedPolicies, [{ PolicyName, PolicyArn: arn }])
      }),
      says('API_DeletePolicy.html', 'a policy in use is not deleted', async () => {
        const { RoleName } = await role()
        const { arn: PolicyArn } = await policy(allow('s3:*'))
        await client.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
        await refused(client.send(new DeletePolicyCommand({ PolicyArn })), 'DeleteConflictException', 409)
      }),
      says('API_CreatePolicyVersion.html', 'a policy has five versions at most', async () => {
        const { arn: PolicyArn } = await policy(allow('s3:*'))
        const add = () =>
          client.send(
            new CreatePolicyVersionCommand({
              PolicyArn,
              PolicyDocument: document(allow('sqs:*')),
              SetAsDefault: true,
            }),
          )
        for (let version = 2; version <= 5; version++) await add()
        await refused(add(), 'LimitExceededException', 409)
        const read = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v5' }))
        has(read.PolicyVersion, { IsDefaultVersion: true })
      }),
      says(LOGIC, 'nothing is allowed by default, and an explicit deny wins', async () => {
        const all = document(allow('s3:*'))
        const deny = document({ Effect: 'Deny', Action: 's3:Delete*', Resource: 'arn:aws:s3:::raw/*' })
        assert.equal(await decide([all], 'sqs:SendMessage', '*'), 'implicitDeny')
        assert.equal(await decide([all, deny], 's3:GetObject', 'arn:aws:s3:::raw/1'), 'allowed')
        assert.equal(await decide([all, deny], 's3:DeleteObject', 'arn:aws:s3:::raw/1'), 'explicitDeny')
      }),
      says(
        '/IAM/latest/UserGuide/reference_policies_elements_condition.html',
        'a condition must hold',
        async () => {
          const Condition = { StringEquals: { 'aws:PrincipalTag/team': ['a', 'b'] } }
          const conditional = document(allow('s3:*', '*', { Condition }))
          const by = (team: string) =>
            decide([conditional], 's3:GetObject', '*', { 'aws:PrincipalTag/team': team })
          assert.equal(await by('b'), 'allowed')
          assert.equal(await by('c'), 'implicitDeny')
        },
      ),
      says(
        'API_SimulatePrincipalPolicy.html',
        'the simulator asks inline and attached policies',
        async () => {
          const { RoleName, arn: PolicySourceArn } = await role()
          const { PolicyName, arn } = await policy(allow('s3:Get*', 'arn:aws:s3:::raw/*'))
          await client.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: arn }))
          const { EvaluationResults } = await client.send(
            new SimulatePrincipalPolicyCommand({
              PolicySourceArn,
              ActionNames: ['s3:GetObject', 's3:PutObject'],
              ResourceArns: ['arn:aws:s3:::raw/1'],
            }),
          )
          assert.deepEqual(
            EvaluationResults?.map(result => result.EvalDecision),
            ['allowed', 'implicitDeny'],
          )
          assert.equal(EvaluationResults?.[0]?.MatchedStatements?.[0]?.SourcePolicyId, PolicyName)
        },
      ),
      says(
        'API_SimulatePrincipalPolicy.html',
        'a principal that does not exist is NoSuchEntity',
        async () => {
          const { arn } = await role()
          await refused(
            client.send(
              new SimulatePrincipalPolicyCommand({
                PolicySourceArn: `${arn}-none`,
                ActionNames: ['s3:GetObject'],
              }),
            ),
            'NoSuchEntityException',
            404,
          )
        },
      ),
    ]
  },
}
