/** A finding of a rule pack that stays, with who answers for it. */
export interface Acknowledgement {
  /** The finding's id, exactly: `AwsSolutions-IAM5[Resource::…]` is not `AwsSolutions-IAM5`. */
  rules: string[]
  /** Construct paths below which it stays; `*` stands for any characters but `/`. */
  where: string[]
  /** What could go wrong. */
  risk: string
  /** Why that is accepted, and what stands in its place. */
  accepted: string
  owner: 'platform' | 'security'
}

/** What a rule pack found on one construct. */
export interface NagFinding {
  rule: string
  path: string
  severity: 'error' | 'warning'
}

/** Whether an acknowledgement is about a finding. */
export function covers({ rules, where }: Acknowledgement, { rule, path }: NagFinding): boolean {
  return rules.includes(rule) && where.some(pattern => matches(pattern, path))
}

function matches(pattern: string, path: string): boolean {
  const expression = pattern.split('*').map(RegExp.escape).join('[^/]*')
  return new RegExp(`^${expression}(?:/|$)`).test(path)
}
