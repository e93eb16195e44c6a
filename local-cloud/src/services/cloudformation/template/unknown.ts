/** What `Ref: AWS::NoValue` evaluates to: the member that holds it disappears. */
export const NO_VALUE = Symbol('AWS::NoValue')

/** Why a value is not known before the change is executed. */
export interface Cause {
  source: 'ResourceReference' | 'ResourceAttribute'
  /** `Table` or `Table.Arn`. */
  entity: string
}

/** A value that is only known once a resource has been made: it appears in plans, never in deployments. */
export class Unknown {
  readonly causes: Cause[]

  constructor(causes: Cause[]) {
    this.causes = causes
  }

  /** How a change set shows it. */
  toJSON(): string {
    return '{{changeSet:KNOWN_AFTER_APPLY}}'
  }
}

/** Every cause of uncertainty in a value. */
export function causesIn(value: unknown): Cause[] {
  if (value instanceof Unknown) return value.causes
  if (Array.isArray(value)) return value.flatMap(causesIn)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(causesIn)
  return []
}
