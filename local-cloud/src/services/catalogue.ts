import type { CreateService } from '../core/service.ts'
import { createAcm } from './acm/acm.ts'
import { createApplicationAutoScaling } from './application-autoscaling/application-autoscaling.ts'
import { createBudgets } from './budgets/budgets.ts'
import { createCloudFormation } from './cloudformation/cloudformation.ts'
import { createCloudTrail } from './cloudtrail/cloudtrail.ts'
import { createCognito } from './cognito-idp/cognito.ts'
import { createDynamodb } from './dynamodb/dynamodb.ts'
import { createEc2 } from './ec2/ec2.ts'
import { createEcr } from './ecr/ecr.ts'
import { createEcs } from './ecs/ecs.ts'
import { createElasticLoadBalancing } from './elasticloadbalancing/elasticloadbalancing.ts'
import { createGemini } from './gemini/gemini.ts'
import { createIam } from './iam/iam.ts'
import { createKms } from './kms/kms.ts'
import { createLogs } from './logs/logs.ts'
import { createMonitoring } from './monitoring/monitoring.ts'
import { createS3 } from './s3/s3.ts'
import { createSecretsManager } from './secretsmanager/secretsmanager.ts'
import { createServiceQuotas } from './servicequotas/servicequotas.ts'
import { createSns } from './sns/sns.ts'
import { createSqs } from './sqs/sqs.ts'
import { createSsm } from './ssm/ssm.ts'
import { createSts } from './sts/sts.ts'
import { createWafv2 } from './wafv2/wafv2.ts'

/** Every service of the local cloud, in the order in which they start. One folder each, beside this file. */
export const CATALOGUE: CreateService[] = [
  createSts,
  createIam,
  createEc2,
  createKms,
  createDynamodb,
  createS3,
  createEcr,
  createAcm,
  createElasticLoadBalancing,
  createSqs,
  createSns,
  createCognito,
  createMonitoring,
  createLogs,
  createSecretsManager,
  createSsm,
  createGemini,
  createApplicationAutoScaling,
  createEcs,
  createWafv2,
  createBudgets,
  createCloudTrail,
  createServiceQuotas,
  createCloudFormation,
]
