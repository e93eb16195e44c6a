/** Something done to the account, found in CloudTrail's events. */
export interface AccountActivity {
  about: string
  severity: 'page' | 'ticket'
  means: string
  /** CloudWatch Logs filter pattern over CloudTrail's JSON. */
  pattern: string
  /** Events in five minutes from which the alarm rings. */
  threshold: number
}

const events = (...names: string[]) => names.map(name => `($.eventName = ${name})`).join(' || ')

/** The fourteen filters of the CIS AWS Foundations Benchmark, section "Monitoring" (4.1 to 4.14 of version 3.0). */
export const ACCOUNT_ACTIVITY: AccountActivity[] = [
  {
    about: 'unauthorized-calls',
    severity: 'ticket',
    means: 'ten calls or more in five minutes were refused for lack of permission (CIS 4.1)',
    pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    threshold: 10,
  },
  {
    about: 'console-without-mfa',
    severity: 'page',
    means: 'somebody signed in to the console without a second factor (CIS 4.2)',
    pattern:
      '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    threshold: 1,
  },
  {
    about: 'root-used',
    severity: 'page',
    means: 'the root user of the account was used (CIS 4.3)',
    pattern:
      '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    threshold: 1,
  },
  {
    about: 'iam-changed',
    severity: 'ticket',
    means: 'a policy or its attachment changed (CIS 4.4)',
    pattern: `{ ${events(
      'DeleteGroupPolicy',
      'DeleteRolePolicy',
      'DeleteUserPolicy',
      'PutGroupPolicy',
      'PutRolePolicy',
      'PutUserPolicy',
      'CreatePolicy',
      'DeletePolicy',
      'CreatePolicyVersion',
      'DeletePolicyVersion',
      'AttachRolePolicy',
      'DetachRolePolicy',
      'AttachUserPolicy',
      'DetachUserPolicy',
      'AttachGroupPolicy',
      'DetachGroupPolicy',
    )} }`,
    threshold: 1,
  },
  {
    about: 'trail-changed',
    severity: 'page',
    means: 'CloudTrail was changed or stopped (CIS 4.5)',
    pattern: `{ ${events('CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging')} }`,
    threshold: 1,
  },
  {
    about: 'console-refused',
    severity: 'ticket',
    means: 'five sign-ins to the console or more were refused in five minutes (CIS 4.6)',
    pattern: '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    threshold: 5,
  },
  {
    about: 'key-disabled',
    severity: 'page',
    means:
      'an encryption key was disabled or is to be deleted: what it encrypts becomes unreadable (CIS 4.7)',
    pattern: `{ ($.eventSource = kms.amazonaws.com) && (${events('DisableKey', 'ScheduleKeyDeletion')}) }`,
    threshold: 1,
  },
  {
    about: 'bucket-policy-changed',
    severity: 'ticket',
    means: 'who may reach a bucket, or how long it keeps, changed (CIS 4.8)',
    pattern: `{ ($.eventSource = s3.amazonaws.com) && (${events(
      'PutBucketAcl',
      'PutBucketPolicy',
      'PutBucketCors',
      'PutBucketLifecycle',
      'PutBucketReplication',
      'DeleteBucketPolicy',
      'DeleteBucketCors',
      'DeleteBucketLifecycle',
      'DeleteBucketReplication',
    )}) }`,
    threshold: 1,
  },
  {
    about: 'recording-changed',
    severity: 'ticket',
    means: 'AWS Config was changed or stopped (CIS 4.9)',
    pattern: `{ ($.eventSource = config.amazonaws.com) && (${events(
      'StopConfigurationRecorder',
      'DeleteDeliveryChannel',
      'PutDeliveryChannel',
      'PutConfigurationRecorder',
    )}) }`,
    threshold: 1,
  },
  {
    about: 'security-group-changed',
    severity: 'ticket',
    means: 'who may speak to whom changed (CIS 4.10)',
    pattern: `{ ${events(
      'AuthorizeSecurityGroupIngress',
      'AuthorizeSecurityGroupEgress',
      'RevokeSecurityGroupIngress',
      'RevokeSecurityGroupEgress',
      'CreateSecurityGroup',
      'DeleteSecurityGroup',
    )} }`,
    threshold: 1,
  },
  {
    about: 'network-acl-changed',
    severity: 'ticket',
    means: 'a network access list changed (CIS 4.11)',
    pattern: `{ ${events(
      'CreateNetworkAcl',
      'CreateNetworkAclEntry',
      'DeleteNetworkAcl',
      'DeleteNetworkAclEntry',
      'ReplaceNetworkAclEntry',
      'ReplaceNetworkAclAssociation',
    )} }`,
    threshold: 1,
  },
  {
    about: 'gateway-changed',
    severity: 'ticket',
    means: 'a way out of the network changed (CIS 4.12)',
    pattern: `{ ${events(
      'CreateCustomerGateway',
      'DeleteCustomerGateway',
      'AttachInternetGateway',
      'CreateInternetGateway',
      'DeleteInternetGateway',
      'DetachInternetGateway',
    )} }`,
    threshold: 1,
  },
  {
    about: 'routes-changed',
    severity: 'ticket',
    means: 'a route of the network changed (CIS 4.13)',
    pattern: `{ ($.eventSource = ec2.amazonaws.com) && (${events(
      'CreateRoute',
      'CreateRouteTable',
      'ReplaceRoute',
      'ReplaceRouteTableAssociation',
      'DeleteRouteTable',
      'DeleteRoute',
      'DisassociateRouteTable',
    )}) }`,
    threshold: 1,
  },
  {
    about: 'network-changed',
    severity: 'ticket',
    means: 'a network was made, changed, joined to another or deleted (CIS 4.14)',
    pattern: `{ ${events(
      'CreateVpc',
      'DeleteVpc',
      'ModifyVpcAttribute',
      'AcceptVpcPeeringConnection',
      'CreateVpcPeeringConnection',
      'DeleteVpcPeeringConnection',
      'RejectVpcPeeringConnection',
    )} }`,
    threshold: 1,
  },
]
