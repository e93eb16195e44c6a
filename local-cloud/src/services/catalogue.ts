import type { CreateService } from '../core/service.ts'
import { createEcr } from './ecr/ecr.ts'
import { createSts } from './sts/sts.ts'

/** Every service of the local cloud, in the order in which they start. One folder each, beside this file. */
export const CATALOGUE: CreateService[] = [createSts, createEcr]
