/**
 * For tests: a template with every type that another service stands behind.
 * @param v changes all that can be changed in place
 * @param port of the listener
 */
export function everything(v: number, port: number): object {
  const Tags = [{ Key: 'version', Value: `${v}` }]
  const of = (Type: string, Properties: object, more: object = {}) => ({
    Type: `AWS::${Type}`,
    Properties,
    ...more,
  })
  const forward = (weight: number) => ({
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: ref('Blue'), Weight: weight },
        { TargetGroupArn: ref('Green'), Weight: 100 - weight },
      ],
    },
  })
  const group = {
    Port: 80,
    Protocol: 'HTTP',
    TargetType: 'ip',
    VpcId: ref('Vpc'),
    HealthCheckIntervalSeconds: 5 + v,
    HealthCheckTimeoutSeconds: 2,
    Tags,
  }
  return {
    Resources: {
      Key: of('KMS::Key', { Description: `key ${v}`, EnableKeyRotation: v === 1, Tags }),
      Alias: of('KMS::Alias', { AliasName: 'alias/everything', TargetKeyId: ref('Key') }),
      Vpc: of('EC2::VPC', { CidrBlock: '10.0.0.0/16', EnableDnsHostnames: v === 2, Tags }),
      SubnetA: of('EC2::Subnet', {
        VpcId: ref('Vpc'),
        CidrBlock: '10.0.0.0/24',
        AvailabilityZone: 'us-east-1a',
        Tags,
      }),
      SubnetB: of('EC2::Subnet', {
        VpcId: ref('Vpc'),
        CidrBlock: '10.0.1.0/24',
        AvailabilityZone: 'us-east-1b',
        Tags,
      }),
      Gateway: of('EC2::InternetGateway', { Tags }),
      Attachment: of('EC2::VPCGatewayAttachment', { VpcId: ref('Vpc'), InternetGatewayId: ref('Gateway') }),
      Routes: of('EC2::RouteTable', { VpcId: ref('Vpc'), Tags }),
      Route: of(
        'EC2::Route',
        {
          RouteTableId: ref('Routes'),
          DestinationCidrBlock: '0.0.0.0/0',
          ...(v === 1 ? { GatewayId: ref('Gateway') } : { NatGatewayId: ref('Nat') }),
        },
        { DependsOn: 'Attachment' },
      ),
      Association: of('EC2::SubnetRouteTableAssociation', {
        SubnetId: ref('SubnetA'),
        RouteTableId: ref('Routes'),
      }),
      Address: of('EC2::EIP', { Domain: 'vpc', Tags }),
      Nat: of('EC2::NatGateway', {
        SubnetId: ref('SubnetA'),
        AllocationId: arn('Address', 'AllocationId'),
        Tags,
      }),
      Endpoint: of('EC2::VPCEndpoint', {
        VpcId: ref('Vpc'),
        ServiceName: 'com.amazonaws.us-east-1.s3',
        RouteTableIds: v === 1 ? [ref('Routes')] : [],
      }),
      Web: of('EC2::SecurityGroup', {
        GroupDescription: 'web',
        VpcId: ref('Vpc'),
        SecurityGroupIngress: [
          { IpProtocol: 'tcp', FromPort: 440 + v, ToPort: 440 + v, CidrIp: '0.0.0.0/0' },
        ],
        Tags,
      }),
      Rule: of('EC2::SecurityGroupIngress', {
        GroupId: ref('Web'),
        IpProtocol: 'tcp',
        FromPort: 80,
        ToPort: 80,
        SourceSecurityGroupId: ref('Web'),
      }),
      FlowRole: of('IAM::Role', {
        AssumeRolePolicyDocument: TRUST,
        Description: `v${v}`,
        Policies: [{ PolicyName: `p${v}`, PolicyDocument: ALLOW('s3:*') }],
        Tags,
      }),
      FlowPolicy: of('IAM::Policy', {
        PolicyName: 'flow',
        PolicyDocument: ALLOW(`logs:${v}`),
        Roles: [ref('FlowRole')],
      }),
      Managed: of('IAM::ManagedPolicy', {
        PolicyDocument: ALLOW(`sqs:${v}`),
        Roles: v === 1 ? [ref('FlowRole')] : [],
      }),
      Profile: of('IAM::InstanceProfile', { Roles: [ref('FlowRole')] }),
      Group: of('Logs::LogGroup', { RetentionInDays: v === 1 ? 7 : 30, Tags }),
      Filter: of('Logs::MetricFilter', {
        LogGroupName: ref('Group'),
        FilterPattern: `{ $.level = ${v}0 }`,
        MetricTransformations: [
          { MetricName: 'errors', MetricNamespace: 'test', MetricValue: '1', DefaultValue: 0 },
        ],
      }),
      FlowLog: of('EC2::FlowLog', {
        ResourceId: ref('Vpc'),
        ResourceType: 'VPC',
        TrafficType: 'ALL',
        LogGroupName: ref('Group'),
        DeliverLogsPermissionArn: arn('FlowRole'),
      }),
      Table: of('DynamoDB::Table', {
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
        ...(v === 2 ? { TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } } : {}),
        PointInTimeRecoverySpecification: {
          PointInTimeRecoveryEnabled: true,
          RecoveryPeriodInDays: `${30 + v}`,
        },
        Tags,
      }),
      Bucket: of('S3::Bucket', {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            {
              ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn('Key') },
              BucketKeyEnabled: true,
            },
          ],
        },
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'old',
              Status: 'Enabled',
              ExpirationInDays: 10 * v,
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
            },
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        Tags,
      }),
      BucketPolicy: of('S3::BucketPolicy', {
        Bucket: ref('Bucket'),
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: `v${v}`,
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Resource: arn('Bucket'),
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      }),
      Dead: of('SQS::Queue', { FifoQueue: true, Tags }),
      Queue: of('SQS::Queue', {
        FifoQueue: 'true',
        KmsMasterKeyId: ref('Key'),
        RedrivePolicy: { deadLetterTargetArn: arn('Dead'), maxReceiveCount: 2 + v },
        ...(v === 1 ? { VisibilityTimeout: 120 } : {}),
        Tags,
      }),
      QueuePolicy: of('SQS::QueuePolicy', {
        Queues: [ref('Queue')],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Sid: `v${v}`, Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: arn('Queue') },
          ],
        },
      }),
      Pool: of('Cognito::UserPool', {
        UserPoolName: `pool-${v}`,
        MfaConfiguration: 'OPTIONAL',
        EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
        Policies: { PasswordPolicy: { MinimumLength: 10 + v } },
        UsernameAttributes: ['email'],
      }),
      Client: of('Cognito::UserPoolClient', {
        UserPoolId: ref('Pool'),
        AccessTokenValidity: 10 + v,
        TokenValidityUnits: { AccessToken: 'minutes' },
      }),
      Domain: of('Cognito::UserPoolDomain', { UserPoolId: ref('Pool'), Domain: 'everything' }),
      Secret: of('SecretsManager::Secret', {
        Description: `v${v}`,
        GenerateSecretString: {
          SecretStringTemplate: '{"user":"a"}',
          GenerateStringKey: 'password',
          PasswordLength: 20,
          ExcludePunctuation: true,
        },
        Tags,
      }),
      Repository: of('ECR::Repository', {
        ImageTagMutability: v === 1 ? 'MUTABLE' : 'IMMUTABLE',
        ImageScanningConfiguration: { ScanOnPush: true },
        Tags,
      }),
      Cluster: of('ECS::Cluster', {
        ClusterSettings: [{ Name: 'containerInsights', Value: v === 1 ? 'enabled' : 'disabled' }],
        Tags,
      }),
      Providers: of('ECS::ClusterCapacityProviderAssociations', {
        Cluster: ref('Cluster'),
        CapacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        DefaultCapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Weight: v }],
      }),
      Balancer: of('ElasticLoadBalancingV2::LoadBalancer', {
        Subnets: [ref('SubnetA'), ref('SubnetB')],
        SecurityGroups: [ref('Web')],
        LoadBalancerAttributes: [{ Key: 'idle_timeout.timeout_seconds', Value: `${60 + v}` }],
        Tags,
      }),
      Blue: of('ElasticLoadBalancingV2::TargetGroup', group),
      Green: of('ElasticLoadBalancingV2::TargetGroup', group),
      Listener: of('ElasticLoadBalancingV2::Listener', {
        LoadBalancerArn: ref('Balancer'),
        Port: port,
        Protocol: 'HTTP',
        DefaultActions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: `${v}` },
          },
        ],
      }),
      ListenerRule: of('ElasticLoadBalancingV2::ListenerRule', {
        ListenerArn: ref('Listener'),
        Priority: 9 + v,
        Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
        Actions: [forward(100)],
        Tags,
      }),
      Alarm: of('CloudWatch::Alarm', {
        AlarmName: 'everything',
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] } }],
        Statistic: 'Maximum',
        Period: '60',
        EvaluationPeriods: 2,
        Threshold: 100 + v,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        Tags,
      }),
      Dashboard: of('CloudWatch::Dashboard', {
        DashboardBody: JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: `v${v}` } }] }),
      }),
      Parameter: of('SSM::Parameter', {
        Name: '/everything',
        Type: 'String',
        Value: `v${v}`,
        Tags: { version: `${v}` },
      }),
    },
  }
}

const TRUST = {
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const ALLOW = (Action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})
const ref = (Ref: string) => ({ Ref })
const arn = (id: string, name = 'Arn') => ({ 'Fn::GetAtt': [id, name] })
