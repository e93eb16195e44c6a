/** A resource's properties, evaluated. Numbers and booleans may be strings, as CloudFormation allows. */
export type Properties = Record<string, unknown>

/** What a provider is given to make one resource. */
export interface ProviderContext {
  stackName: string
  stackId: string
  logicalId: string
  accountId: string
  region: string
  /** Calls an operation of another service as CloudFormation. */
  call<Output = Record<string, never>>(service: string, operation: string, input: object): Promise<Output>
  /** Tells the physical id as soon as it is known, so that what fails half way is still removed. */
  made(physicalId: string): void
  /**
   * The same as `call` for a setting that the resource can do without: where the service answers 501, the resource is
   * made all the same and its status says that the setting is recorded, not enforced.
   */
  setting(service: string, operation: string, input: object): Promise<void>
  /** `<stack>-<logical id>-<suffix>`, the same each time it is asked for this generation of this resource. */
  generatedName(maxLength: number): string
  /** For operations with an idempotency token. */
  token: string
  sleep(ms: number): Promise<void>
}

/** How one resource type is made, changed and removed. */
export interface Provider<P extends Properties = Properties> {
  /** Makes the resource. @returns its physical id: what `Ref` yields */
  create(properties: P, context: ProviderContext): Promise<string>
  /** Changes the resource in place; absent where every change replaces it. */
  update?(physicalId: string, properties: P, old: P, context: ProviderContext): Promise<void>
  delete(physicalId: string, properties: P, context: ProviderContext): Promise<void>
  /** What `Fn::GetAtt` yields. */
  attributes?(
    physicalId: string,
    properties: P,
    context: ProviderContext,
  ): Promise<Record<string, unknown>> | Record<string, unknown>
  /** The properties that act here, beside `replaceOn`; others that a template has are told as recorded. */
  acts?: readonly string[]
  /** Properties whose change makes a new resource and removes the old one. */
  replaceOn: readonly string[]
  /** The property that names the resource, where it may be named. */
  nameProperty?: string
  /** Finds the physical id of a named resource that exists. @default the name itself */
  identify?(properties: P, context: ProviderContext): Promise<string>
  /** Whether `Tags` is a list of keys and values, which the stack's own tags join. */
  taggable?: boolean
  /** Kept with an id and attributes, but nothing acts on it; stack events say so. */
  recorded?: boolean
}

/** What stack events say of a resource that nothing acts on. */
export const RECORDED = 'recorded, not enforced by the local cloud'
