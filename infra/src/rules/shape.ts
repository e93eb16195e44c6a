import { HANDED_ON, parameterName } from '@clarity/environments'
import { tagsOf } from '../clarity-stack.ts'
import { INLINE_LIMIT } from '../synth.ts'
import { type Json, listOf, type Resource, type Rule } from './rule.ts'

/** Types that CloudFormation cannot tag (resource schemas: no `tagging`, or `taggable: false`). */
const NOT_TAGGABLE = new Set([
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Backup::BackupSelection',
  'AWS::Cognito::UserPoolClient',
  'AWS::EC2::Route',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::ECS::ClusterCapacityProviderAssociations',
  'AWS::IAM::ManagedPolicy',
  'AWS::KMS::Alias',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::ResourcePolicy',
  'AWS::Route53::RecordSet',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::WAFv2::LoggingConfiguration',
  'AWS::WAFv2::WebACLAssociation',
])
/** Where types keep their tags that do not call them `Tags`. */
const TAGS_OF: Record<string, string> = {
  'AWS::Backup::BackupPlan': 'BackupPlanTags',
  'AWS::Backup::BackupVault': 'BackupVaultTags',
  'AWS::Budgets::Budget': 'ResourceTags',
  'AWS::CE::AnomalyMonitor': 'ResourceTags',
  'AWS::CE::AnomalySubscription': 'ResourceTags',
  'AWS::Cognito::UserPool': 'UserPoolTags',
}

/** What holds of templates as such. */
export const SHAPE_RULES: Rule[] = [
  {
    name: 'tagged',
    demands: 'everything that can be tagged says its environment, service, owner, cost centre and data class',
    cites: ['164.310(d)(2)(iii)'],
    check: ({ resources, environment }, find) => {
      const { 'data-class': _, ...wanted } = tagsOf(environment, 'internal')
      for (const resource of resources) {
        if (NOT_TAGGABLE.has(resource.type)) continue
        const tags = tagsIn(resource)
        for (const [key, value] of Object.entries(wanted))
          if (tags[key] !== value) find(resource, `its tag ${key} is ${tags[key] ?? 'missing'}`)
        if (!['public', 'internal', 'phi'].includes(tags['data-class'] ?? ''))
          find(resource, 'its data class is missing')
      }
    },
  },
  {
    name: 'health-data-marked',
    demands: 'what holds health data is tagged so',
    cites: ['164.310(d)(2)(iii)'],
    check: ({ resources }, find) => {
      for (const resource of resources)
        if (
          resource.stack === 'data' &&
          /::(Table|Bucket|Queue|UserPool|Secret|Key|BackupVault)$/.test(resource.type) &&
          tagsIn(resource)['data-class'] !== 'phi'
        )
          find(resource, 'it holds health data and is not marked')
    },
  },
  {
    name: 'plain-templates',
    demands:
      'templates need no uploaded file and no answer: parameters are SSM names that earlier stacks left',
    check: ({ stacks, environment }, find) => {
      const known = HANDED_ON.map(key => parameterName(environment, key))
      for (const { part, template } of stacks) {
        for (const [id, parameter] of Object.entries((template.Parameters ?? {}) as Record<string, Json>))
          if (
            !String(parameter.Type).startsWith('AWS::SSM::Parameter::Value<') ||
            !known.includes(String(parameter.Default))
          )
            find(`${part}/${id}`, 'it is a parameter that nobody answers')
        if (template.Outputs) find(part, 'it has outputs: stacks hand on by SSM parameters')
        if (JSON.stringify(template).length > INLINE_LIMIT)
          find(part, `it is larger than ${INLINE_LIMIT} bytes`)
        if (JSON.stringify(template).includes('AWS::CloudFormation::CustomResource'))
          find(part, 'it runs code')
      }
    },
  },
  {
    name: 'hands-on-all',
    demands: 'every value that a release takes is left by exactly one stack',
    check: ({ of, environment }, find) => {
      const left = of('AWS::SSM::Parameter').map(({ properties }) => properties.Name)
      for (const key of HANDED_ON) {
        const count = left.filter(name => name === parameterName(environment, key)).length
        if (count !== 1) find('stacks', `${key} is left ${count} times`)
      }
    },
  },
]

function tagsIn({ type, properties }: Resource): Record<string, string> {
  const tags = properties[TAGS_OF[type] ?? 'Tags']
  if (Array.isArray(tags))
    return Object.fromEntries(
      (listOf(tags) as Json[]).map(({ Key, Value, key, value }) => [
        String(Key ?? key),
        String(Value ?? value),
      ]),
    )
  return Object.fromEntries(Object.entries((tags ?? {}) as Json).map(([key, value]) => [key, String(value)]))
}
