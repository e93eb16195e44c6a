import type { Suite } from './suite.ts'
import { cloudformation } from './suites/cloudformation.ts'
import { cloudtrail } from './suites/cloudtrail.ts'
import { cloudwatch } from './suites/cloudwatch.ts'
import { cognitoIdp } from './suites/cognito-idp.ts'
import { dynamodb } from './suites/dynamodb.ts'
import { ec2 } from './suites/ec2.ts'
import { ecr } from './suites/ecr.ts'
import { ecs } from './suites/ecs.ts'
import { elbv2 } from './suites/elbv2.ts'
import { iam } from './suites/iam.ts'
import { kms } from './suites/kms.ts'
import { logs } from './suites/logs.ts'
import { s3 } from './suites/s3.ts'
import { secretsmanager } from './suites/secretsmanager.ts'
import { servicequotas } from './suites/servicequotas.ts'
import { sqs } from './suites/sqs.ts'
import { ssm } from './suites/ssm.ts'
import { sts } from './suites/sts.ts'

/** Every suite, one a service. */
export const SUITES: Suite[] = [
  s3,
  dynamodb,
  sqs,
  cognitoIdp,
  ecs,
  elbv2,
  ecr,
  cloudformation,
  cloudwatch,
  logs,
  iam,
  sts,
  kms,
  secretsmanager,
  ssm,
  ec2,
  cloudtrail,
  servicequotas,
]
