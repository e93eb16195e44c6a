import { type Facts, failedByItself, type TaskFacts } from './facts.ts'
import { quoteLogLine } from './redact.ts'

/**
 * How far a rule's word goes: `certain` is AWS's own text naming the cause, `likely` and `possible` are
 * conclusions, `symptom` says that it ended and not why.
 */
export type Confidence = 'certain' | 'likely' | 'possible' | 'symptom'

/** One known cause of failure, as data. */
export interface Rule {
  /** Stable, for programs: `secret-missing`. */
  id: string
  confidence: Confidence
  /** What in the facts speaks for it; undefined when nothing does. */
  matches(facts: Facts): Match | undefined
  /** In words; `{name|otherwise}` is filled from what matched and from the facts. */
  cause: string
  /** What to do, with the command where there is one; filled like `cause`. */
  fix: string
}

export interface Match {
  evidence: Evidence[]
  /** Named groups of the pattern that matched. */
  values?: Record<string, string | undefined>
}

export type Source = 'deployment' | 'hook' | 'task' | 'event' | 'target' | 'log' | 'alarm'

/** A line that somebody else wrote, and where. */
export interface Evidence {
  source: Source
  text: string
  /** The task that it is about. */
  task?: string
}

/** The causes that AWS names itself stand in the reasons of tasks, and in events when the tasks are forgotten. */
const TASK_AND_EVENT: Source[] = ['task', 'event']

/** Matches when any line of the sources has the pattern. */
export function says(pattern: RegExp, sources: Source[] = TASK_AND_EVENT): Rule['matches'] {
  return facts => {
    const found = lines(facts).filter(({ source, text }) => sources.includes(source) && pattern.test(text))
    const [first] = found
    return first && { evidence: found, values: pattern.exec(first.text)?.groups }
  }
}

/** Matches tasks whose essential container ended with one of the codes; their logs are evidence too. */
export function exits(codes: (code: number) => boolean): Rule['matches'] {
  return facts => {
    const ended = facts.tasks.flatMap(task => {
      const container = task.containers.find(c => c.exitCode !== undefined && codes(c.exitCode))
      return task.stopCode === 'EssentialContainerExited' && container ? { task, container } : []
    })
    const [first] = ended
    if (!first) return undefined
    return {
      evidence: [
        ...ended.map(({ task, container }) => ({
          source: 'task' as const,
          task: task.id,
          text: `${task.stoppedReason}: ${container.name} ended with exit code ${container.exitCode}`,
        })),
        ...telling(first.task),
      ],
      values: { code: String(first.container.exitCode), exited: first.container.name },
    }
  }
}

/** Both must match; the evidence is of both. */
export function both(one: Rule['matches'], other: Rule['matches']): Rule['matches'] {
  return facts => {
    const [a, b] = [one(facts), other(facts)]
    return a && b && { evidence: [...a.evidence, ...b.evidence], values: { ...b.values, ...a.values } }
  }
}

/** The first that matches. */
export function either(...matchers: Rule['matches'][]): Rule['matches'] {
  return facts => {
    for (const matcher of matchers) {
      const match = matcher(facts)
      if (match) return match
    }
    return undefined
  }
}

/** Matches the reason for which a target is unhealthy; that tasks were stopped for it belongs to the evidence. */
export function unhealthyFor(reason: RegExp): Rule['matches'] {
  const said = says(reason, ['target', 'event'])
  return facts => {
    const match = said(facts)
    if (!match) return undefined
    const stopped = lines(facts).filter(
      ({ source, text }) => source === 'task' && /failed ELB health checks/.test(text),
    )
    return { ...match, evidence: [...match.evidence, ...stopped] }
  }
}

/** Every line of the facts, the most telling sources first. Log lines are redacted here already. */
export function lines(facts: Facts): Evidence[] {
  const { deployment, tasks, events, targets, alarms } = facts
  const reasons = new Set([deployment?.statusReason, deployment?.rollbackReason].filter(t => t !== undefined))
  return [
    ...[...reasons].map(text => ({ source: 'deployment' as const, text })),
    ...(deployment?.hooks ?? []).map(({ id, status }) => ({
      source: 'hook' as const,
      text: `${id} is ${status}`,
    })),
    ...tasks.filter(failedByItself).flatMap(taskLines),
    ...targets.map(({ target, state, reason, description }) => ({
      source: 'target' as const,
      text: `${target} is ${state}${reason ? `: ${reason}` : ''}${description ? `: ${description}` : ''}`,
    })),
    ...events.map(({ message }) => ({ source: 'event' as const, text: message })),
    ...alarms.map(({ name, reason }) => ({
      source: 'alarm' as const,
      text: `${name} is in ALARM: ${reason}`,
    })),
    ...tasks
      .filter(failedByItself)
      .flatMap(task =>
        (task.log ?? []).map(line => ({ source: 'log' as const, task: task.id, text: quoteLogLine(line) })),
      ),
  ]
}

function taskLines({ id, stoppedReason, containers }: TaskFacts): Evidence[] {
  const texts = new Set([stoppedReason, ...containers.map(c => c.reason)].filter(text => text !== undefined))
  return [...texts].map(text => ({ source: 'task' as const, task: id, text }))
}

/** Log lines quoted of a task that ended. */
const QUOTED = 4

/** The lines of a task's log that look like its last words: errors if there are any, else the last ones. */
function telling({ id, log = [] }: TaskFacts): Evidence[] {
  const quoted = log.map(quoteLogLine).filter(line => line.trim() !== '')
  const errors = quoted.filter(line =>
    /error|fatal|exception|cannot|denied|refused|configuration/i.test(line),
  )
  return (errors.length > 0 ? errors : quoted)
    .slice(-QUOTED)
    .map(text => ({ source: 'log' as const, task: id, text }))
}
