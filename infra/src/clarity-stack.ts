import {
  type Environment,
  type HandedOn,
  namesOf,
  parameterName,
  type StackName,
} from '@clarity/environments'
import { BootstraplessSynthesizer, Fn, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib'
import {
  type IManagedPolicy,
  type IPrincipal,
  ManagedPolicy,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'

/** What a tag `data-class` may say of a resource, from least to most sensitive. */
export type DataClass = 'public' | 'internal' | 'phi'

/**
 * A stack of one environment: named and tagged alike, without assets, and joined to the others by SSM
 * parameters instead of exports, so that none locks another.
 */
export abstract class ClarityStack extends Stack {
  readonly settings: Environment
  readonly names: ReturnType<typeof namesOf>
  /** What becomes of what holds data when it leaves the template. */
  readonly removal: RemovalPolicy
  /** The local endpoint is plain HTTP on loopback, which a policy that demands TLS would refuse. */
  readonly tlsOnly: boolean
  private logKey?: IKey

  constructor(scope: Construct, part: StackName, environment: Environment) {
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
    this.removal = environment.data.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
    this.tlsOnly = environment.endpoint === undefined
    this.tag('internal')
  }

  /** Tags everything below `scope`; costs and controls are told apart by these. */
  tag(dataClass: DataClass, scope: Construct = this): void {
    for (const [key, value] of Object.entries(tagsOf(this.settings, dataClass)))
      Tags.of(scope).add(key, value)
  }

  /** Leaves a value for the stacks and releases that come after. */
  protected handOn(key: HandedOn, value: string): void {
    new StringParameter(this, `HandOn-${key}`, {
      parameterName: parameterName(this.settings, key),
      stringValue: value,
    })
  }

  /** Takes a value that an earlier stack left; resolved when the stack is deployed. */
  take(key: HandedOn): string {
    return StringParameter.valueForStringParameter(this, parameterName(this.settings, key))
  }

  /** Takes a comma-separated list of known length. */
  protected takeList(key: HandedOn, length: number): string[] {
    const list = Fn.split(',', this.take(key))
    return Array.from({ length }, (_, index) => Fn.select(index, list))
  }

  /**
   * A log group, encrypted and kept as long as the environment says.
   * @param key @default the key for logs that the audit stack left
   */
  logGroup(id: string, logGroupName: string, key: IKey = this.takeLogKey()): LogGroup {
    return new LogGroup(this, id, {
      logGroupName,
      encryptionKey: key,
      retention: this.settings.data.logRetentionDays as RetentionDays,
      removalPolicy: this.removal,
    })
  }

  /** A role whose permissions are one managed policy, so that no principal has a policy of its own. */
  role(
    id: string,
    props: { roleName: string; description: string; assumedBy: IPrincipal },
    statements: PolicyStatement[],
  ): Role {
    const role = new Role(this, id, props)
    const policy: IManagedPolicy = new ManagedPolicy(this, `${id}Policy`, {
      managedPolicyName: `${props.roleName}-policy`,
      description: props.description,
      statements,
    })
    role.addManagedPolicy(policy)
    return role
  }

  /** `arn:aws:<service>:<region>:<account>:<rest>` of this environment. */
  arnOf(service: string, rest: string): string {
    return `arn:aws:${service}:${this.settings.region}:${this.settings.account}:${rest}`
  }

  private takeLogKey(): IKey {
    this.logKey ??= Key.fromKeyArn(this, 'LogKey', this.take('log-key-arn'))
    return this.logKey
  }
}

/** The tags that every resource of an environment carries. */
export function tagsOf(environment: Environment, dataClass: DataClass): Record<string, string> {
  return {
    app: 'clarity-loop',
    env: environment.name,
    service: namesOf(environment).prefix,
    owner: environment.tags.owner,
    'cost-center': environment.tags.costCentre,
    'data-class': dataClass,
  }
}

/** An allowing statement of exact actions on exact resources. */
export function allow(
  actions: readonly string[],
  resources: string[],
  conditions?: Record<string, Record<string, string | string[]>>,
): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources, conditions })
}
