import type { Statement } from './evaluate.ts'

/** A statement of a resource policy, which says whom it is about. */
export type PrincipalStatement = Statement & {
  Principal?: '*' | Record<string, string | string[]>
  NotPrincipal?: unknown
}

/** Whether a statement's Principal is a caller: itself, its role, its account, a service, or everyone. */
export function isAbout({ Principal }: PrincipalStatement, callerArn: string, accountId: string): boolean {
  if (Principal === undefined) return false
  if (Principal === '*') return true
  const told = (kind: string) => [Principal[kind] ?? []].flat()
  if (callerArn.endsWith('.amazonaws.com')) return told('Service').includes(callerArn)
  const role = callerArn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:aws:iam::$1:role/$2')
  const names = [callerArn, role, accountId, `arn:aws:iam::${accountId}:root`, '*']
  return told('AWS').some(one => names.includes(one))
}
