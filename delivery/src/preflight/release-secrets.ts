import type { Release } from '../release/task-definitions.ts'

/** A secret that tasks of a release are given. */
export interface ReleaseSecret {
  /** The environment variable that receives it. */
  variable: string
  /** As the task definition has it. */
  valueFrom: string
  /** The secret's ARN without the selectors of a key, stage and version; undefined when ECS would not take it. */
  arn?: string
}

/** `arn:…:secret:name-AbCdEf` with optionally `:json-key:version-stage:version-id`, as ECS takes it. */
const SECRET = /^(arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:[^:]+)(?::[^:]*:[^:]*:[^:]*)?$/

/** The secrets of both task definitions, each named once. */
export function secretsOf({ api, worker }: Release): ReleaseSecret[] {
  const found = new Map<string, ReleaseSecret>()
  for (const { secrets = [] } of [api, worker].flatMap(d => d.containerDefinitions ?? []))
    for (const { name: variable = '', valueFrom = '' } of secrets)
      found.set(valueFrom, { variable, valueFrom, arn: SECRET.exec(valueFrom)?.[1] })
  return [...found.values()]
}
