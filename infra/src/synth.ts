import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '@clarity/environments'
import { App } from 'aws-cdk-lib'
import { ComputeStack } from './compute-stack.ts'
import { DataStack } from './data-stack.ts'
import { EdgeStack } from './edge-stack.ts'
import { NetworkStack } from './network-stack.ts'

export interface SynthesizedStack {
  stackName: string
  /** CloudFormation, ready to be sent inline. */
  template: Record<string, unknown>
}

/** Largest template that CloudFormation takes inline, in bytes (AWS CloudFormation quotas). */
export const INLINE_LIMIT = 51_200

/**
 * The templates of one environment, in the order in which they are deployed.
 * @throws when a template is too large to be sent inline
 */
export function synthesize(environment: Environment): SynthesizedStack[] {
  const outdir = mkdtempSync(join(tmpdir(), 'clarity-synth-'))
  try {
    const app = new App({ outdir, analyticsReporting: false })
    const stacks = [NetworkStack, DataStack, EdgeStack, ComputeStack].map(Part => new Part(app, environment))
    const assembly = app.synth()
    return stacks.map(({ stackName }) => {
      const { template } = assembly.getStackByName(stackName)
      const bytes = JSON.stringify(template).length
      if (bytes > INLINE_LIMIT)
        throw new Error(`template of ${stackName} has ${bytes} bytes; the limit is ${INLINE_LIMIT}`)
      return { stackName, template }
    })
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
