/**
 * For tests: a template with the types that are only kept, some in services of their own.
 * @param v changes all that can be changed in place
 */
export function everythingRecorded(v: number): object {
  const Tags = [{ Key: 'version', Value: `${v}` }]
  const of = (Type: string, Properties: object = {}, more: object = {}) => ({
    Type: `AWS::${Type}`,
    Properties,
    ...more,
  })
  const visible = { CloudWatchMetricsEnabled: true, MetricName: 'acl', SampledRequestsEnabled: true }
  return {
    Resources: {
      Vpc: of('EC2::VPC', { CidrBlock: '10.0.0.0/16' }),
      Subnet: of('EC2::Subnet', { VpcId: ref('Vpc'), CidrBlock: '10.0.0.0/24' }),
      Acl: of('EC2::NetworkAcl', { VpcId: ref('Vpc'), Tags }),
      Entry: of('EC2::NetworkAclEntry', {
        NetworkAclId: ref('Acl'),
        RuleNumber: '100',
        Protocol: 6,
        RuleAction: v === 1 ? 'allow' : 'deny',
        CidrBlock: '0.0.0.0/0',
        PortRange: { From: 440 + v, To: 443 },
      }),
      Stands: of('EC2::SubnetNetworkAclAssociation', { SubnetId: ref('Subnet'), NetworkAclId: ref('Acl') }),
      Topic: of('SNS::Topic', { TopicName: 'everything', DisplayName: `v${v}`, Tags }),
      Mail: of('SNS::Subscription', {
        TopicArn: ref('Topic'),
        Protocol: 'email',
        Endpoint: 'operator@example.org',
        ...(v === 2 ? { FilterPolicy: { kind: ['alarm'] } } : {}),
      }),
      TopicPolicy: of('SNS::TopicPolicy', {
        Topics: [ref('Topic')],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: `v${v}`,
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: ref('Topic'),
            },
          ],
        },
      }),
      Alarm: of('CloudWatch::Alarm', {
        AlarmName: 'part',
        Namespace: 'N',
        MetricName: 'm',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [ref('Topic')],
      }),
      Composite: of(
        'CloudWatch::CompositeAlarm',
        {
          AlarmName: 'whole',
          AlarmRule: `ALARM("part")${v === 2 ? ' OR FALSE' : ''}`,
          AlarmActions: [ref('Topic')],
        },
        { DependsOn: 'Alarm' },
      ),
      Anomaly: of('CloudWatch::AnomalyDetector', { Namespace: 'N', MetricName: 'm', Stat: 'Average' }),
      LogPolicy: of('Logs::ResourcePolicy', {
        PolicyName: 'everything',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Id: `v${v}`, Statement: [] }),
      }),
      WebAcl: of('WAFv2::WebACL', {
        Name: 'everything',
        Scope: 'REGIONAL',
        DefaultAction: { Allow: {} },
        Description: `v${v}`,
        VisibilityConfig: visible,
        Rules: [
          {
            Name: 'bad',
            Priority: 0,
            Action: { Block: {} },
            VisibilityConfig: visible,
            Statement: {
              ByteMatchStatement: {
                FieldToMatch: { UriPath: {} },
                PositionalConstraint: 'CONTAINS',
                SearchString: '/admin',
                TextTransformations: [{ Priority: 0, Type: 'NONE' }],
              },
            },
          },
        ],
        Tags,
      }),
      Protects: of('WAFv2::WebACLAssociation', {
        WebACLArn: att('WebAcl'),
        ResourceArn: 'arn:aws:elasticloadbalancing:us-east-1:124355672559:loadbalancer/app/everything/1',
      }),
      WafLog: of('WAFv2::LoggingConfiguration', {
        ResourceArn: att('WebAcl'),
        LogDestinationConfigs: [att('WafGroup')],
        ...(v === 2 ? { RedactedFields: [{ QueryString: {} }] } : {}),
      }),
      WafGroup: of('Logs::LogGroup', { LogGroupName: 'aws-waf-logs-everything' }),
      Budget: of('Budgets::Budget', {
        Budget: {
          BudgetName: 'everything',
          BudgetType: 'COST',
          TimeUnit: 'MONTHLY',
          BudgetLimit: { Amount: 100 * v, Unit: 'USD' },
        },
        NotificationsWithSubscribers: [
          {
            Notification: {
              NotificationType: 'ACTUAL',
              ComparisonOperator: 'GREATER_THAN',
              Threshold: 80,
            },
            Subscribers: [{ SubscriptionType: 'SNS', Address: ref('Topic') }],
          },
        ],
      }),
      Spend: of('CE::AnomalyMonitor', {
        MonitorName: `m${v}`,
        MonitorType: 'DIMENSIONAL',
        MonitorDimension: 'SERVICE',
      }),
      SpendMail: of('CE::AnomalySubscription', {
        SubscriptionName: 's',
        Frequency: 'DAILY',
        MonitorArnList: [ref('Spend')],
        Subscribers: [],
        Threshold: v,
      }),
      Trails: of('S3::Bucket', {}),
      Trail: of('CloudTrail::Trail', {
        TrailName: 'everything',
        IsLogging: v === 1,
        S3BucketName: ref('Trails'),
        EnableLogFileValidation: true,
      }),
      Vault: of('Backup::BackupVault', { BackupVaultName: 'everything' }),
      Plan: of('Backup::BackupPlan', { BackupPlan: { BackupPlanName: `p${v}`, BackupPlanRule: [] } }),
      Selection: of('Backup::BackupSelection', {
        BackupPlanId: ref('Plan'),
        BackupSelection: { SelectionName: 's', IamRoleArn: 'arn:aws:iam::124355672559:role/b' },
      }),
      Rule: of('Events::Rule', { Name: 'everything', ScheduleExpression: `rate(${v + 1} days)` }),
      Oidc: of('IAM::OIDCProvider', {
        Url: 'https://token.actions.githubusercontent.com',
        ClientIdList: ['sts.amazonaws.com'],
      }),
      Zone: of('Route53::HostedZone', { Name: 'example.org' }),
      Record: of('Route53::RecordSet', {
        Name: 'api.example.org',
        Type: 'A',
        HostedZoneId: ref('Zone'),
        TTL: `${60 * v}`,
        ResourceRecords: ['127.0.0.1'],
      }),
      Certificate: of('CertificateManager::Certificate', { DomainName: 'api.example.org' }),
      Detector: of('GuardDuty::Detector', { Enable: true }),
      Hub: of('SecurityHub::Hub'),
      Recorder: of('Config::ConfigurationRecorder', { RoleARN: 'arn:aws:iam::124355672559:role/c' }),
      Pool: of('Cognito::UserPool', { UserPoolName: 'recorded' }),
      PoolGroup: of('Cognito::UserPoolGroup', { UserPoolId: ref('Pool'), GroupName: 'clinicians' }),
      Risk: of('Cognito::UserPoolRiskConfigurationAttachment', { UserPoolId: ref('Pool'), ClientId: 'ALL' }),
      Domain: of('Cognito::UserPoolDomain', { UserPoolId: ref('Pool'), Domain: 'everything' }),
      Target: of('ApplicationAutoScaling::ScalableTarget', {
        ServiceNamespace: 'ecs',
        ResourceId: 'service/c/s',
        ScalableDimension: 'ecs:service:DesiredCount',
        MinCapacity: v,
        MaxCapacity: '4',
      }),
      Policy: of('ApplicationAutoScaling::ScalingPolicy', {
        PolicyName: 'cpu',
        PolicyType: 'TargetTrackingScaling',
        ScalingTargetId: ref('Target'),
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: `${50 + v}`,
          PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        },
      }),
    },
    Outputs: Object.fromEntries(
      Object.entries({
        Topic: ref('Topic'),
        TopicName: att('Topic', 'TopicName'),
        WebAcl: ref('WebAcl'),
        WebAclArn: att('WebAcl'),
        Monitor: att('Spend', 'MonitorArn'),
        Oidc: att('Oidc'),
        Trail: att('Trail'),
        Vault: att('Vault', 'BackupVaultArn'),
        Target: ref('Target'),
        Certificate: ref('Certificate'),
        Risk: ref('Risk'),
      }).map(([name, Value]) => [name, { Value }]),
    ),
  }
}

const ref = (Ref: string) => ({ Ref })
const att = (id: string, name = 'Arn') => ({ 'Fn::GetAtt': [id, name] })
