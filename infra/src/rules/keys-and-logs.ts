import { namesOf } from '@clarity/environments'
import { at, type Json, listOf, type Resource, type Rule } from './rule.ts'

/** Where each type says which key encrypts it. */
const KEY_OF: Record<string, (properties: Json) => unknown> = {
  'AWS::Backup::BackupVault': properties => properties.EncryptionKeyArn,
  'AWS::CloudTrail::Trail': properties => properties.KMSKeyId,
  'AWS::ECS::Cluster': properties =>
    at(properties.Configuration, 'ManagedStorageConfiguration', 'FargateEphemeralStorageKmsKeyId'),
  'AWS::Logs::LogGroup': properties => properties.KmsKeyId,
  'AWS::SNS::Topic': properties => properties.KmsMasterKeyId,
  'AWS::SQS::Queue': properties => properties.KmsMasterKeyId,
  'AWS::SecretsManager::Secret': properties => properties.KmsKeyId,
}

/** What holds of keys, of what they encrypt, and of what is written down. */
export const KEY_AND_LOG_RULES: Rule[] = [
  {
    name: 'key-rotated',
    demands: 'keys that encrypt change every year',
    cites: ['164.312(a)(2)(iv)'],
    check: ({ of }, find) => {
      for (const key of of('AWS::KMS::Key'))
        if (key.properties.KeyUsage !== 'SIGN_VERIFY' && key.properties.EnableKeyRotation !== true)
          find(key, 'it is never rotated')
    },
  },
  {
    name: 'encrypted-with-own-key',
    demands: 'health data, logs, alerts and the disks of tasks are encrypted with keys of this account’s own',
    cites: ['164.312(a)(2)(iv)'],
    check: ({ of, environment }, find) => {
      for (const [type, keyOf] of Object.entries(KEY_OF))
        for (const resource of of(type))
          if (!keyOf(resource.properties)) find(resource, 'no key of ours encrypts it')
      for (const table of of('AWS::DynamoDB::Table'))
        if (
          table.properties.TableName === namesOf(environment).table &&
          !at(table.properties.SSESpecification, 'KMSMasterKeyId')
        )
          find(table, 'no key of ours encrypts it')
      const kms = at(repositoryOf(of('AWS::ECR::Repository'))?.EncryptionConfiguration, 'EncryptionType')
      if (kms !== 'KMS') find('compute', 'images are not encrypted with KMS')
    },
  },
  {
    name: 'logs-kept',
    demands: 'every log is kept as long as the environment says, six years in production',
    cites: ['164.312(b)', '164.316(b)(2)(i)'],
    check: ({ of, environment }, find) => {
      const { logRetentionDays } = environment.data
      if (environment.name === 'prod' && logRetentionDays < 2192)
        find('environment', `production keeps logs for ${logRetentionDays} days, less than six years`)
      for (const group of of('AWS::Logs::LogGroup'))
        if (Number(group.properties.RetentionInDays ?? 0) < logRetentionDays)
          find(group, `it is kept for less than ${logRetentionDays} days`)
    },
  },
  {
    name: 'trail-complete',
    demands: 'CloudTrail records all regions, is tamper-evident, and sees every touch of a raw health record',
    cites: ['164.312(b)'],
    check: ({ of, environment }, find) => {
      const [trail] = of('AWS::CloudTrail::Trail')
      if (!trail) return find('audit', 'there is no trail')
      for (const key of [
        'IsLogging',
        'IsMultiRegionTrail',
        'IncludeGlobalServiceEvents',
        'EnableLogFileValidation',
      ])
        if (trail.properties[key] !== true) find(trail, `${key} is not true`)
      if (!trail.properties.CloudWatchLogsLogGroupArn) find(trail, 'metric filters cannot see it')
      const objects = JSON.stringify(trail.properties.EventSelectors ?? [])
      if (!objects.includes(namesOf(environment).rawBucket)) find(trail, 'it does not see raw health records')
    },
  },
  {
    name: 'flow-logged',
    demands: 'who spoke to whom in the network is logged, in production whether or not it was let through',
    cites: ['164.312(b)'],
    check: ({ of, environment }, find) => {
      const [log] = of('AWS::EC2::FlowLog')
      if (!log) return find('network', 'there is no flow log')
      if (environment.name === 'prod' && log.properties.TrafficType !== 'ALL')
        find(log, 'it leaves out what was let through')
    },
  },
  {
    name: 'firewall-logs-redacted',
    demands: 'the firewall’s logs hold neither credentials, nor cookies, nor who asked for which data',
    cites: ['164.312(a)(1)', '164.502(b)'],
    check: ({ of }, find) => {
      const [logging] = of('AWS::WAFv2::LoggingConfiguration')
      if (!logging) return find('edge', 'the firewall logs nothing')
      const fields = JSON.stringify(listOf(logging.properties.RedactedFields)).toLowerCase()
      for (const field of ['authorization', 'cookie', 'querystring', 'uripath'])
        if (!fields.includes(field)) find(logging, `${field} is not redacted`)
      for (const acl of of('AWS::WAFv2::WebACL'))
        if (JSON.stringify(acl.properties).includes('"SampledRequestsEnabled":true'))
          find(acl, 'samples of requests are kept')
    },
  },
]

function repositoryOf([repository]: Resource[]): Json | undefined {
  return repository?.properties
}
