import type { CreateService } from '../../core/service.ts'
import { createEcr } from '../ecr/ecr.ts'
import { createElasticLoadBalancing } from '../elasticloadbalancing/elasticloadbalancing.ts'
import { createLogs } from '../logs/logs.ts'
import { createMonitoring } from '../monitoring/monitoring.ts'
import { createSecretsManager } from '../secretsmanager/secretsmanager.ts'
import { createSts } from '../sts/sts.ts'
import { createEcs } from './ecs.ts'

/** ECS and what it stands on, in the order in which they start; for tests. */
export const SERVICES: CreateService[] = [
  createSts,
  createEcr,
  createElasticLoadBalancing,
  createMonitoring,
  createLogs,
  createSecretsManager,
  createEcs,
]
