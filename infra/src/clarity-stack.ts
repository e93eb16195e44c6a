import { type Environment, type HandedOn, namesOf, parameterName } from '@clarity/environments'
import { BootstraplessSynthesizer, Fn, Stack, Tags } from 'aws-cdk-lib'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'

/** What a tag `data-class` may say of a resource, from least to most sensitive. */
export type DataClass = 'public' | 'internal' | 'phi'

/**
 * A stack of one environment: named and tagged alike, without assets, and joined to the others by SSM
 * parameters instead of exports, so that none locks another.
 */
export abstract class ClarityStack extends Stack {
  protected readonly settings: Environment
  protected readonly names: ReturnType<typeof namesOf>

  constructor(
    scope: Construct,
    part: Parameters<ReturnType<typeof namesOf>['stack']>[0],
    environment: Environment,
  ) {
    const names = namesOf(environment)
    super(scope, part, {
      stackName: names.stack(part),
      env: { account: environment.account, region: environment.region },
      synthesizer: new BootstraplessSynthesizer(),
      terminationProtection: environment.data.protect,
      description: `Clarity Loop ${environment.name}: ${part}`,
    })
    this.settings = environment
    this.names = names
    this.tag('internal')
  }

  /** Tags everything below `scope`; costs and controls are told apart by these. */
  protected tag(dataClass: DataClass, scope: Construct = this): void {
    const { name, tags } = this.settings
    const all = {
      app: 'clarity-loop',
      env: name,
      service: this.names.prefix,
      owner: tags.owner,
      'cost-center': tags.costCentre,
      'data-class': dataClass,
    }
    for (const [key, value] of Object.entries(all)) Tags.of(scope).add(key, value)
  }

  /** Leaves a value for the stacks and releases that come after. */
  protected handOn(key: HandedOn, value: string): void {
    new StringParameter(this, `HandOn-${key}`, {
      parameterName: parameterName(this.settings, key),
      stringValue: value,
    })
  }

  /** Takes a value that an earlier stack left; resolved when the stack is deployed. */
  protected take(key: HandedOn): string {
    return StringParameter.valueForStringParameter(this, parameterName(this.settings, key))
  }

  /** Takes a comma-separated list of known length. */
  protected takeList(key: HandedOn, length: number): string[] {
    const list = Fn.split(',', this.take(key))
    return Array.from({ length }, (_, index) => Fn.select(index, list))
  }
}
