import { type Environment, namesOf, preflightReads, releasePermissions } from '@clarity/environments'
import type { Acknowledgement } from './acknowledgement.ts'
import { localAcknowledgements, unprotectedAcknowledgements } from './acknowledgements-by-environment.ts'

/** Everything that the rule packs find in an environment and that stays. One that finds nothing is itself a finding. */
export function acknowledgements(environment: Environment): Acknowledgement[] {
  return [
    ...common(environment),
    ...wildcards(environment),
    ...(environment.endpoint ? localAcknowledgements() : redirect()),
    ...(environment.data.protect ? [] : unprotectedAcknowledgements()),
    ...(environment.data.mfa === 'ON' ? [] : optionalSecondFactor()),
  ]
}

function common({ network }: Environment): Acknowledgement[] {
  return [
    {
      rules: ['HIPAA.Security-S3BucketReplicationEnabled'],
      where: ['audit/AccessLogs', 'audit/Audit', 'audit/Evidence', 'data/RawData'],
      risk: 'the loss of the region loses access to the objects until it is back',
      accepted:
        'there is no second region yet; S3 keeps objects in three zones, versioned, and what is in the table is backed up',
      owner: 'platform',
    },
    {
      rules: ['HIPAA.Security-S3DefaultEncryptionKMS'],
      where: ['audit/AccessLogs'],
      risk: 'who may read the bucket may read the logs without a key',
      accepted:
        'load balancers write logs only where S3’s own key encrypts; they hold paths and addresses, no bodies',
      owner: 'security',
    },
    {
      rules: ['HIPAA.Security-VPCDefaultSecurityGroupClosed'],
      where: ['network/Vpc'],
      risk: 'something put into the default group could speak to others in it',
      accepted:
        'CloudFormation closes it only by running code, so `clarity infra deploy` takes its rules away instead; every resource names its own group',
      owner: 'platform',
    },
    {
      rules: ['HIPAA.Security-VPCNoUnrestrictedRouteToIGW'],
      where: ['network/Vpc/publicSubnet*'],
      risk: 'what stands in a public subnet with a public address is on the internet',
      accepted: 'the public subnets hold the load balancer and the NAT gateways alone, which must be there',
      owner: 'platform',
    },
    {
      rules: [
        'HIPAA.Security-EC2RestrictedCommonPorts',
        'HIPAA.Security-EC2RestrictedSSH',
        'AwsSolutions-EC23',
      ],
      where: Array.from({ length: network.natGateways }, (_, index) => `network/TestTraffic${index + 1}`),
      risk: 'the rules cannot read an address that is known only when the NAT gateway is made',
      accepted: 'it is the address of our own gateway, for the port of the test listener alone',
      owner: 'platform',
    },
    {
      rules: ['AwsSolutions-EC23'],
      where: ['network/LoadBalancerGroup'],
      risk: 'anybody on the internet can open a connection',
      accepted: 'it is the public API: production port and redirect alone, behind the firewall',
      owner: 'security',
    },
    {
      rules: ['HIPAA.Security-SecretsManagerRotationEnabled', 'AwsSolutions-SMG4'],
      where: ['data/GeminiKey'],
      risk: 'a key that leaked stays good until somebody changes it',
      accepted: 'Google issues the key and has no call to rotate it; a person does, every 90 days',
      owner: 'security',
    },
    {
      rules: ['HIPAA.Security-DynamoDBInBackupPlan'],
      where: ['compute/DeployLock'],
      risk: 'its items are gone if the table is deleted',
      accepted:
        'locks and approvals of releases under way; point-in-time recovery covers them, evidence is elsewhere',
      owner: 'platform',
    },
    {
      rules: ['HIPAA.Security-CloudWatchAlarmAction'],
      where: ['observability/AlarmErrorBudget*m'],
      risk: 'an alarm that tells nobody is not seen',
      accepted: 'they are the windows of two composite alarms, which tell; alone each would ring too often',
      owner: 'platform',
    },
  ]
}

/** IAM5 reads any `*`; here each stands at the end of a resource that names its service, account and parent. */
function wildcards(environment: Environment): Acknowledgement[] {
  const { account, region } = environment
  const names = namesOf(environment)
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`
  const about = (where: string[], resources: string[], risk: string, accepted: string): Acknowledgement => ({
    rules: resources.map(resource => `AwsSolutions-IAM5[Resource::${resource}]`),
    where,
    risk,
    accepted,
    owner: 'security',
  })
  const balancer = (kind: string) => arn('elasticloadbalancing', `${kind}/app/${names.loadBalancer}/*`)
  const starred = [...releasePermissions(environment), ...preflightReads(environment)]
    .map(({ resource }) => resource)
    .filter(resource => resource.includes('*') && resource !== '*')
  return [
    about(
      [
        'compute/ExecutionRolePolicy',
        'compute/LoadBalancerRolePolicy',
        'delivery/ReleasePolicy',
        'delivery/PreflightPolicy',
      ],
      ['*'],
      'the action may be done to any resource',
      'these actions know no resources (service authorization reference); our rule exact-resources holds their list',
    ),
    about(
      ['audit/TrailRolePolicy', 'network/FlowLogRolePolicy'],
      [
        arn('logs', `log-group:${names.trailLogGroup}:log-stream:${account}_CloudTrail_*`),
        arn('logs', `log-group:${names.flowLogGroup}:*`),
      ],
      'any stream of the group can be written',
      'the service names the streams of its own group',
    ),
    about(
      ['data/BackupRolePolicy'],
      [arn('dynamodb', `table/${names.table}/backup/*`), arn('backup', 'recovery-point:*')],
      'any backup of the table can be read, and any recovery point tagged',
      'AWS names backups as it makes them',
    ),
    about(
      ['compute/TaskRolePolicy', 'compute/WorkerTaskRolePolicy'],
      [`arn:aws:s3:::${names.rawBucket}/*`, `arn:aws:s3:::${names.rawBucket}/exports/*`],
      'a task can reach the objects of every user',
      'objects are named by the hash of their content; the API checks whose they are',
    ),
    about(
      ['compute/LoadBalancerRolePolicy'],
      [
        balancer('listener'),
        balancer('listener-rule'),
        ...[names.blueTargetGroup, names.greenTargetGroup].map(name =>
          arn('elasticloadbalancing', `targetgroup/${name}/*`),
        ),
      ],
      'any listener of this load balancer can be changed',
      'AWS adds an id to the name; the load balancer and both groups are named',
    ),
    about(
      ['delivery/ReleasePolicy', 'delivery/PreflightPolicy'],
      [...new Set(starred)],
      'any revision, deployment, task, stream or piece of evidence of this environment’s services can be reached',
      'AWS numbers them as they are made; the family, service, cluster, group or bucket is named',
    ),
  ]
}

function redirect(): Acknowledgement[] {
  return [
    {
      rules: ['HIPAA.Security-ELBv2ACMCertificateRequired'],
      where: ['edge/LoadBalancer/Redirect80To443'],
      risk: 'a client’s first request, and what it sends with it, travels in the clear',
      accepted:
        'the listener answers with a redirect and reaches no task; the API has no clients that start there',
      owner: 'security',
    },
  ]
}

function optionalSecondFactor(): Acknowledgement[] {
  return [
    {
      rules: ['AwsSolutions-COG2'],
      where: ['data/Users'],
      risk: 'who learns a password can sign in',
      accepted: 'no real person’s data is here; the suites sign in without a second factor',
      owner: 'security',
    },
  ]
}
