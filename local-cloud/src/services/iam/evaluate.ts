import { conditionsHold } from './conditions.ts'

/** A policy document; single strings stand for lists of one. */
export interface PolicyDocument {
  Version?: string
  Statement: Statement | Statement[]
}

export interface Statement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}

/** What someone wants to do. */
export interface AccessRequest {
  /** `s3:GetObject` */
  action: string
  /** ARN, or `*` where the action has no resource. */
  resource: string
  /** Condition keys (`aws:SourceIp`, `kms:ViaService`) and their values. */
  context: Record<string, string | string[]>
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny'

export interface Evaluation {
  decision: Decision
  /** The statements that decided, with the position of their policy. */
  matched: { policy: number; sid?: string }[]
}

/**
 * What a set of policies says of a request: an explicit deny wins, then an allow, then nothing is allowed
 * (IAM user guide, "Policy evaluation logic").
 * @param boundary a permissions boundary, which must allow as well
 */
export function evaluate(
  policies: PolicyDocument[],
  request: AccessRequest,
  boundary?: PolicyDocument,
): Evaluation {
  const hits = policies.flatMap((document, policy) =>
    statementsOf(document)
      .filter(statement => applies(statement, request))
      .map(statement => ({ policy, sid: statement.Sid, effect: statement.Effect })),
  )
  const told = (effect: Statement['Effect']) =>
    hits.filter(hit => hit.effect === effect).map(({ policy, sid }) => ({ policy, sid }))
  const denied = told('Deny')
  if (denied.length > 0) return { decision: 'explicitDeny', matched: denied }
  const bound = boundary && evaluate([boundary], request).decision
  if (bound === 'explicitDeny') return { decision: 'explicitDeny', matched: [] }
  const allowed = told('Allow')
  if (allowed.length === 0 || bound === 'implicitDeny') return { decision: 'implicitDeny', matched: [] }
  return { decision: 'allowed', matched: allowed }
}

export function statementsOf(document: PolicyDocument): Statement[] {
  return [document.Statement].flat()
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement
  const named = (list: string | string[], value: string, ignoreCase: boolean) =>
    [list].flat().some(pattern => matches(substitute(pattern, request.context), value, ignoreCase))
  if (Action !== undefined && !named(Action, request.action, true)) return false
  if (NotAction !== undefined && named(NotAction, request.action, true)) return false
  if (Resource !== undefined && !named(Resource, request.resource, false)) return false
  if (NotResource !== undefined && named(NotResource, request.resource, false)) return false
  if (Action === undefined && NotAction === undefined) return false
  const held = conditionsHold(Condition ?? {}, request.context)
  // An operator that is not known here must never widen access: it lets no allow through and stops no deny.
  return held === 'unknown' ? statement.Effect === 'Deny' : held
}

/** `*` for any run of characters, `?` for one; linear in the length of the text. */
export function matches(pattern: string, text: string, ignoreCase = false): boolean {
  const wanted = ignoreCase ? pattern.toLowerCase() : pattern
  const given = ignoreCase ? text.toLowerCase() : text
  let p = 0
  let star = -1
  let restart = 0
  for (let t = 0; t < given.length; ) {
    if (p < wanted.length && (wanted[p] === '?' || wanted[p] === given[t]) && wanted[p] !== '*') {
      p++
      t++
    } else if (wanted[p] === '*') {
      star = p++
      restart = t
    } else if (star >= 0) {
      p = star + 1
      t = ++restart
    } else return false
  }
  while (wanted[p] === '*') p++
  return p === wanted.length
}

/** Policy variables: `${aws:username}`; one that has no value matches nothing. */
function substitute(pattern: string, context: AccessRequest['context']): string {
  return pattern.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name
    const key = Object.keys(context).find(known => known.toLowerCase() === name.toLowerCase())
    const value = key === undefined ? undefined : context[key]
    return typeof value === 'string' ? value : whole
  })
}
