import { type Facts, failedByItself, type TaskDefinitionFacts } from './facts.ts'
import { redactText } from './redact.ts'
import { type Confidence, type Evidence, lines } from './rule.ts'
import { RULES } from './rules.ts'

/** A cause that the facts speak for. Its texts are redacted. */
export interface Candidate {
  /** The id of the rule. */
  id: string
  confidence: Confidence
  cause: string
  fix: string
  /** At most {@link EVIDENCE_LINES}, most telling first; what was said several times stands once, with its count. */
  evidence: string[]
}

/** What is the matter with one service. */
export interface Diagnosis {
  service: string
  /** `under-way`: the deployment goes on and nothing speaks against it. */
  state: 'healthy' | 'under-way' | 'failing'
  /** The state in words. */
  summary: string
  release?: string
  deployment?: { arn: string; status: string; stage?: string }
  /** The one cause; absent when nothing fails, or when nothing known explains it. */
  cause?: Candidate
  /** Further causes, likeliest first; of a healthy service what it has recovered from. */
  others: Candidate[]
  /** ECS's own last words, for a failure that nothing known explains. */
  unexplained: string[]
  unchecked: string[]
}

const ORDER: Confidence[] = ['certain', 'likely', 'possible', 'symptom']
const EVIDENCE_LINES = 6
/** Tasks with the same end beyond which more prove no more; logs are read of as many. */
const ENOUGH = 3
const WORDS = { healthy: 'healthy', 'under-way': 'under way', failing: 'FAILING' }
const ENDED_BADLY = /^(STOP|ROLLBACK)/

/** Joins all facts into one ranked cause. Pure: the same facts give the same diagnosis. */
export function diagnose(facts: Facts): Diagnosis {
  const candidates = rank(facts)
  const state = stateOf(facts, candidates)
  const cause = state === 'failing' ? candidates[0] : undefined
  const others = cause ? candidates.slice(1) : candidates
  const { deployment } = facts
  return {
    service: facts.service,
    state,
    summary: summarize(facts, state),
    release: facts.taskDefinition?.release,
    deployment: deployment && { arn: deployment.arn, status: deployment.status, stage: deployment.stage },
    cause,
    others,
    unexplained:
      state === 'failing' && !cause
        ? told(lines(facts).filter(({ source }) => source === 'deployment' || source === 'event'))
        : [],
    unchecked: facts.unchecked.map(redactText),
  }
}

/** Surest first; of equals what ECS says of the deployment, then what befell more tasks, then the rules' order. */
function rank(facts: Facts): Candidate[] {
  const context = contextOf(facts)
  const found = RULES.flatMap((rule, order) => {
    const match = rule.matches(facts)
    if (!match) return []
    const { evidence, values } = match
    const tasks = new Set(evidence.flatMap(({ task }) => task ?? []))
    const said = rule.confidence === 'certain' && evidence.some(({ source }) => source === 'deployment')
    return {
      rule,
      order,
      evidence,
      values,
      weight: said ? Number.POSITIVE_INFINITY : Math.min(tasks.size, ENOUGH),
    }
  }).sort(
    (a, b) =>
      ORDER.indexOf(a.rule.confidence) - ORDER.indexOf(b.rule.confidence) ||
      (a.weight === b.weight ? a.order - b.order : b.weight - a.weight),
  )
  // a line that is explained needs no second explanation
  const explained = new Set<string>()
  return found.flatMap(({ rule, evidence, values }) => {
    const keys = evidence.map(({ source, task, text }) => `${source} ${task} ${text}`)
    if (keys.length > 0 && keys.every(key => explained.has(key))) return []
    for (const key of keys) explained.add(key)
    const fillIn = (template: string) => redactText(fill(template, { ...context, ...defined(values) }))
    const { id, confidence } = rule
    return { id, confidence, cause: fillIn(rule.cause), fix: fillIn(rule.fix), evidence: told(evidence) }
  })
}

function stateOf(facts: Facts, candidates: Candidate[]): Diagnosis['state'] {
  const { counts, deployment, tasks, targets } = facts
  if (!counts || !deployment || ENDED_BADLY.test(deployment.status)) return 'failing'
  const ill = targets.some(isIll)
  if (deployment.status !== 'SUCCESSFUL') {
    const causes = candidates.some(({ confidence }) => confidence !== 'symptom')
    return ill || tasks.some(failedByItself) || causes ? 'failing' : 'under-way'
  }
  if (ill || counts.desired === 0 || facts.alarms.length > 0) return 'failing'
  if (counts.running >= counts.desired) return 'healthy'
  return counts.pending > 0 && !tasks.some(failedByItself) ? 'under-way' : 'failing'
}

function isIll({ state }: Facts['targets'][number]): boolean {
  return state === 'unhealthy' || state === 'unavailable'
}

function summarize({ counts, deployment, targets, alarms }: Facts, state: Diagnosis['state']): string {
  if (!counts) return 'does not exist'
  const tasks = `${counts.running} of ${counts.desired} tasks run`
  if (!deployment) return `${tasks}, never deployed`
  const { status, stage, hooks } = deployment
  const waiting = hooks.find(hook => hook.status === 'AWAITING_ACTION')
  const pause = waiting ? `, waits for an answer until ${waiting.expiresAt?.toISOString()}` : ''
  const where = stage && !/SUCCESSFUL$/.test(status) ? ` at ${stage}` : ''
  const takenBack = status === 'ROLLBACK_SUCCESSFUL' && counts.running >= counts.desired
  const stands =
    status === 'SUCCESSFUL' && counts.desired > 0 && counts.running >= counts.desired && !targets.some(isIll)
  const words = takenBack
    ? 'the last deployment FAILED, what served before it serves'
    : stands && alarms.length > 0
      ? 'the service stands, but an alarm of the environment RINGS'
      : WORDS[state]
  return `${words}: ${tasks}, deployment ${status}${where}${pause}`
}

/** Evidence as lines; those that differ only in ids are one. */
function told(evidence: Evidence[]): string[] {
  const seen = new Map<string, { line: string; times: number }>()
  for (const { source, text, task } of evidence) {
    // ECS repeats the reasons of tasks in its events
    if (source === 'event' && evidence.some(other => other.source === 'task' && text.includes(other.text)))
      continue
    const key = `${source} ${text.replace(/[0-9a-f]{8,}|\d+/g, '#')}`
    const known = seen.get(key)
    if (known) known.times++
    else {
      const where = task ? `${source} ${task.slice(0, 8)}` : source
      seen.set(key, { line: `${where}: ${redactText(text.replace(/\s+/g, ' '))}`, times: 1 })
    }
  }
  return [...seen.values()]
    .slice(0, EVIDENCE_LINES)
    .map(({ line, times }) => (times > 1 ? `${line} (${times} times)` : line))
}

/** Fills `{name|otherwise}`; a name that nothing is known of stays as `<name>`. */
function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    return values[name] ?? otherwise ?? `<${name}>`
  })
}

function contextOf({ environment, cluster, service, taskDefinition, healthCheck }: Facts) {
  return {
    environment,
    cluster,
    service,
    // the stacks of an environment begin as its cluster does
    prefix: cluster.replace(/-backend-cluster$/, ''),
    part: service.includes('worker') ? 'worker' : 'api',
    ...definitionContext(taskDefinition),
    ...defined({ path: healthCheck?.path, checkPort: healthCheck?.port, codes: healthCheck?.codes }),
  }
}

function definitionContext(definition: TaskDefinitionFacts | undefined): Record<string, string> {
  if (!definition) return {}
  const { image, architecture, memory, executionRole, taskRole, logGroup, containerPort } = definition
  const [name = '', digest] = image.split('@')
  return defined({
    image,
    digest,
    repository: name.slice(name.indexOf('/') + 1).split(':')[0],
    architecture,
    wanted: architecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64',
    memory,
    executionRole: executionRole.split('/').pop(),
    executionRoleArn: executionRole,
    taskRole: taskRole.split('/').pop(),
    logGroup,
    containerPort: containerPort === undefined ? undefined : String(containerPort),
  })
}

function defined(values: Record<string, string | undefined> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
