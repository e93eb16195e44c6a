import { ENVIRONMENTS, HANDED_ON, namesOf, parameterName } from '@clarity/environments'
import { expect, test } from 'vitest'
import { type SynthesizedStack, synthesize } from './synth.ts'

type Resource = { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string }

const synthesized = Object.values(ENVIRONMENTS).map(environment => ({
  environment,
  stacks: synthesize(environment),
}))
const resources = (stacks: SynthesizedStack[], type?: string): Resource[] =>
  stacks
    .flatMap(({ template }) => Object.values(template.Resources as Record<string, Resource>))
    .filter(resource => type === undefined || resource.Type === type)

test.each(synthesized)(
  '$environment.name leaves every value that a release takes',
  ({ environment, stacks }) => {
    const left = resources(stacks, 'AWS::SSM::Parameter').map(({ Properties }) => Properties.Name)
    expect(left.sort()).toEqual(HANDED_ON.map(key => parameterName(environment, key)).sort())
  },
)

test('environments have the same kinds of stateful resources', () => {
  const stateful = /DynamoDB|S3::Bucket$|SQS::Queue$|Cognito|Secret|KMS::Key|ECR/
  const [first, ...others] = synthesized.map(({ stacks }) =>
    resources(stacks)
      .map(({ Type }) => Type)
      .filter(type => stateful.test(type))
      .sort(),
  )
  for (const other of others) expect(other).toEqual(first)
})

test.each(synthesized)(
  '$environment.name has a matched pair of target groups, both in both rules',
  ({ stacks }) => {
    const [blue, green] = resources(stacks, 'AWS::ElasticLoadBalancingV2::TargetGroup').map(
      ({ Properties }) => {
        const { Name: _, Tags: __, ...rest } = Properties
        return rest
      },
    )
    expect(blue).toEqual(green)
    for (const { Properties } of resources(stacks, 'AWS::ElasticLoadBalancingV2::ListenerRule'))
      expect(Properties.Actions).toMatchObject([
        { Type: 'forward', ForwardConfig: { TargetGroups: [{ Weight: 100 }, { Weight: 0 }] } },
      ])
  },
)

test('protected environments keep what holds data', () => {
  for (const { environment, stacks } of synthesized.filter(s => s.environment.data.protect))
    for (const resource of resources(stacks))
      if (
        /DynamoDB::Table|S3::Bucket$|SQS::Queue$|UserPool$|Secret$|KMS::Key$|ECR::Repository/.test(
          resource.Type,
        )
      )
        expect([environment.name, resource.Type, resource.DeletionPolicy]).toEqual([
          environment.name,
          resource.Type,
          'Retain',
        ])
})

test.each(synthesized)('$environment.name locks the evidence of its releases', ({ environment, stacks }) => {
  const evidence = resources(stacks, 'AWS::S3::Bucket').find(
    ({ Properties }) => Properties.BucketName === namesOf(environment).evidenceBucket,
  )
  expect(evidence?.Properties).toMatchObject({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: environment.data.evidenceRetentionDays } },
    },
    VersioningConfiguration: { Status: 'Enabled' },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
    },
  })
  // nobody gets past the lock by a role of ours
  for (const { Properties } of resources(stacks, 'AWS::IAM::ManagedPolicy'))
    expect(JSON.stringify(Properties)).not.toMatch(
      /BypassGovernance|s3:\*|s3:DeleteObjectVersion.*deploy-evidence/,
    )
})

test.each(synthesized)('$environment.name has one network', ({ stacks }) => {
  expect(resources(stacks, 'AWS::EC2::VPC')).toHaveLength(1)
})
