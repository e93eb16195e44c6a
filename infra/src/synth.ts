import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment, StackName } from '@clarity/environments'
import { App } from 'aws-cdk-lib'
import { AuditStack } from './audit-stack.ts'
import type { ClarityStack } from './clarity-stack.ts'
import { ComputeStack } from './compute-stack.ts'
import { DashboardsStack } from './dashboards-stack.ts'
import { DataStack } from './data-stack.ts'
import { DeliveryStack } from './delivery-stack.ts'
import { DetectionStack } from './detection-stack.ts'
import { EdgeStack } from './edge-stack.ts'
import { NetworkStack } from './network-stack.ts'
import { ObservabilityStack } from './observability-stack.ts'
import { ScalingStack } from './scaling-stack.ts'

export { STATEFUL } from './rules/storage.ts'

export interface SynthesizedStack {
  part: StackName
  stackName: string
  /** CloudFormation, ready to be sent inline. */
  template: Record<string, unknown>
  /** Set where the stack scales the services of a release and can only follow the first one. */
  needsServices?: boolean
}

/** Largest template that CloudFormation takes inline, in bytes (AWS CloudFormation quotas). */
export const INLINE_LIMIT = 51_200

const PARTS: Record<StackName, new (app: App, environment: Environment) => ClarityStack> = {
  audit: AuditStack,
  network: NetworkStack,
  data: DataStack,
  edge: EdgeStack,
  compute: ComputeStack,
  observability: ObservabilityStack,
  detection: DetectionStack,
  dashboards: DashboardsStack,
  delivery: DeliveryStack,
  scaling: ScalingStack,
}

/**
 * The templates of one environment, in the order in which they are deployed.
 * @throws when a template is too large to be sent inline
 */
export function synthesize(environment: Environment): SynthesizedStack[] {
  const outdir = mkdtempSync(join(tmpdir(), 'clarity-synth-'))
  try {
    return assemble(environment, outdir).stacks
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

/**
 * The same with the constructs that the templates were made of, for rules that read those.
 * @param outdir where the templates are left
 * @throws when a template is too large to be sent inline
 */
export function assemble(environment: Environment, outdir: string): { app: App; stacks: SynthesizedStack[] } {
  // CDK's own validation takes seconds; `check.ts` runs it for all environments at once
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false })
  const parts = (Object.keys(PARTS) as StackName[]).map(part => ({
    part,
    stack: new PARTS[part](app, environment),
  }))
  const assembly = app.synth()
  const stacks = parts.map(({ part, stack: { stackName } }) => {
    const { template } = assembly.getStackByName(stackName)
    const bytes = JSON.stringify(template).length
    if (bytes > INLINE_LIMIT)
      throw new Error(`template of ${stackName} has ${bytes} bytes; the limit is ${INLINE_LIMIT}`)
    return { part, stackName, template, ...(part === 'scaling' && { needsServices: true }) }
  })
  return { app, stacks }
}
