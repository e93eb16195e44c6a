import { invalid } from './records.ts'

/** One rule of a lifecycle policy, read and checked. */
export interface LifecycleRule {
  priority: number
  tagStatus: 'tagged' | 'untagged' | 'any'
  prefixes: string[]
  patterns: string[]
  countType: 'imageCountMoreThan' | 'sinceImagePushed' | 'sinceImagePulled'
  /** Images, or days. */
  count: number
}

/** What the rules look at. Times are milliseconds since the epoch. */
export interface Candidate {
  digest: string
  tags: string[]
  pushedAt: number
  pulledAt?: number
}

const DAY_MS = 86_400_000

/**
 * Reads a lifecycle policy; its rules come in the order of their priority.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 * @throws InvalidParameterException
 */
export function readLifecyclePolicy(text: string | undefined): LifecycleRule[] {
  const wrong = (why: string) => invalid('LifecyclePolicyText', `Lifecycle policy validation failure: ${why}`)
  let rules: unknown
  try {
    rules = (JSON.parse(text ?? '') as { rules?: unknown }).rules
  } catch {
    throw wrong('it is not JSON')
  }
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > 50)
    throw wrong("'rules' must have 1 to 50 members")
  const read = rules.map(rule => readRule(rule, wrong)).sort((a, b) => a.priority - b.priority)
  if (new Set(read.map(rule => rule.priority)).size < read.length) throw wrong('rulePriority must be unique')
  const any = read.findIndex(rule => rule.tagStatus === 'any')
  if (any >= 0 && any < read.length - 1)
    throw wrong("the rule with tagStatus 'any' must have the last priority")
  return read
}

interface RawRule {
  rulePriority?: unknown
  selection?: Record<string, unknown>
  action?: { type?: unknown }
}

function readRule(
  { rulePriority, selection = {}, action }: RawRule,
  wrong: (why: string) => Error,
): LifecycleRule {
  const { tagStatus, tagPrefixList, tagPatternList, countType, countUnit, countNumber } = selection
  const words = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  const priority = Number(rulePriority)
  const count = Number(countNumber)
  const prefixes = words(tagPrefixList)
  const patterns = words(tagPatternList)
  if (!(Number.isInteger(priority) && priority >= 1))
    throw wrong(`rulePriority '${rulePriority}' is not valid`)
  if (action?.type !== 'expire')
    throw wrong(`action type '${action?.type}' is not in the local cloud; 'expire' is`)
  if (tagStatus !== 'tagged' && tagStatus !== 'untagged' && tagStatus !== 'any')
    throw wrong(`tagStatus '${tagStatus}' must be tagged, untagged or any`)
  if (
    tagStatus === 'tagged'
      ? prefixes.length > 0 === patterns.length > 0
      : prefixes.length + patterns.length > 0
  )
    throw wrong("either tagPrefixList or tagPatternList belongs to tagStatus 'tagged', and to no other")
  if (
    countType !== 'imageCountMoreThan' &&
    countType !== 'sinceImagePushed' &&
    countType !== 'sinceImagePulled'
  )
    throw wrong(`countType '${countType}' is not valid`)
  if ((countType === 'imageCountMoreThan') === (countUnit !== undefined) || (countUnit ?? 'days') !== 'days')
    throw wrong("countUnit must be 'days' where the count is of time, and absent otherwise")
  if (!(Number.isInteger(count) && count >= 1)) throw wrong(`countNumber '${countNumber}' must be 1 or more`)
  return { priority, tagStatus, prefixes, patterns, countType, count }
}

/**
 * Which images a policy expires, and by the rule of which priority. An image that a rule selects by its tags is no
 * business of a rule with a lower priority; each rule counts all images that it selects.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
export function expiring(rules: LifecycleRule[], images: Candidate[], now: number): Map<string, number> {
  const claimed = new Set<string>()
  const expired = new Map<string, number>()
  for (const rule of rules) {
    const selected = images
      .filter(image => selects(rule, image.tags) && !claimed.has(image.digest))
      .sort((a, b) => b.pushedAt - a.pushedAt || (a.digest < b.digest ? -1 : 1))
    const oldest = now - rule.count * DAY_MS
    const gone =
      rule.countType === 'imageCountMoreThan'
        ? selected.slice(rule.count)
        : selected.filter(
            ({ pushedAt, pulledAt = pushedAt }) =>
              (rule.countType === 'sinceImagePushed' ? pushedAt : pulledAt) < oldest,
          )
    for (const { digest } of gone) expired.set(digest, rule.priority)
    for (const { digest } of selected) claimed.add(digest)
  }
  return expired
}

function selects({ tagStatus, prefixes, patterns }: LifecycleRule, tags: string[]): boolean {
  if (tagStatus === 'any') return true
  if (tagStatus === 'untagged') return tags.length === 0
  // Several prefixes or patterns: the image must have a tag for each.
  const all = prefixes.length > 0 ? prefixes.map(prefix => `${prefix}*`) : patterns
  return all.every(pattern => {
    const source = pattern.replace(/[.+^$]/g, '\\$&').replaceAll('*', '.*')
    return tags.some(tag => new RegExp(`^${source}$`).test(tag))
  })
}
