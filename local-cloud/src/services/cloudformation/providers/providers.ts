import { APPLICATION_AUTO_SCALING } from './application-autoscaling.ts'
import { CERTIFICATES } from './certificates.ts'
import { CLOUDWATCH } from './cloudwatch.ts'
import { COGNITO } from './cognito.ts'
import { DYNAMODB } from './dynamodb.ts'
import { EC2_GATEWAYS } from './ec2-gateways.ts'
import { EC2_NETWORK } from './ec2-network.ts'
import { EC2_NETWORK_ACLS } from './ec2-network-acls.ts'
import { EC2_ROUTES } from './ec2-routes.ts'
import { EC2_SECURITY_GROUPS } from './ec2-security-groups.ts'
import { ECR } from './ecr.ts'
import { ECS } from './ecs.ts'
import { GOVERNANCE } from './governance.ts'
import { IAM_POLICIES } from './iam-policies.ts'
import { IAM_ROLES } from './iam-roles.ts'
import { KMS } from './kms.ts'
import { LISTENERS } from './listeners.ts'
import { LOAD_BALANCING } from './load-balancing.ts'
import { LOGS } from './logs.ts'
import type { Provider } from './provider.ts'
import { RECORDED_TYPES } from './recorded.ts'
import { S3 } from './s3.ts'
import { SECRETS_MANAGER } from './secretsmanager.ts'
import { SNS } from './sns.ts'
import { SQS } from './sqs.ts'
import { SSM } from './ssm.ts'
import { WAFV2 } from './wafv2.ts'

/** Every resource type of the local cloud. A type that is not here fails the template that names it. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  ...APPLICATION_AUTO_SCALING,
  ...CERTIFICATES,
  ...CLOUDWATCH,
  ...COGNITO,
  ...DYNAMODB,
  ...EC2_GATEWAYS,
  ...EC2_NETWORK,
  ...EC2_NETWORK_ACLS,
  ...EC2_ROUTES,
  ...EC2_SECURITY_GROUPS,
  ...ECR,
  ...ECS,
  ...GOVERNANCE,
  ...IAM_POLICIES,
  ...IAM_ROLES,
  ...KMS,
  ...LISTENERS,
  ...LOAD_BALANCING,
  ...LOGS,
  ...RECORDED_TYPES,
  ...S3,
  ...SECRETS_MANAGER,
  ...SNS,
  ...SQS,
  ...SSM,
  ...WAFV2,
}
