import { join } from 'node:path'
import type { Environment } from '@clarity/environments'
import { type App, CloudFormationValidatePlugin } from 'aws-cdk-lib'
import type { SynthesizedStack } from '../synth.ts'

/** One environment's templates on disk, and the constructs that they were made of. */
export interface Assembled {
  environment: Environment
  app: App
  outdir: string
  stacks: SynthesizedStack[]
}

/**
 * CDK's own CloudFormation validation: every resource schema, and 318 rules with cfn-lint's ids. The engine is
 * slow to start, so one run takes all environments.
 */
export function validateTemplates(all: Assembled[]): string[] {
  const plugin = new CloudFormationValidatePlugin()
  return all.flatMap(({ environment, app, outdir, stacks }) => {
    const { violations } = plugin.validate({
      appConstruct: app,
      templatePaths: [],
      stackTemplates: stacks.map(({ part }) => ({
        stackConstructPath: part,
        accountId: environment.account,
        region: environment.region,
        templatePath: join(outdir, `${part}.template.json`),
      })),
    })
    return violations
      .filter(({ severity }) => severity !== 'info')
      .flatMap(({ ruleName, severity, description, violatingResources }) =>
        violatingResources.map(
          ({ resourceLogicalId, templatePath }) =>
            `${severity} ${ruleName}: ${description} (${templatePath?.split('/').at(-1)}, ${resourceLogicalId})`,
        ),
      )
  })
}
