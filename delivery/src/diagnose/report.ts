import type { Candidate, Diagnosis } from '../release/diagnosis/diagnose.ts'

/** A diagnosis for a person: the cause, what speaks for it, what to do; further causes below. */
export function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { service, summary, release, deployment, cause, others, unexplained, unchecked, state } = diagnosis
  const heading = state === 'failing' ? 'also' : state === 'healthy' ? 'recovered' : 'seen'
  return [
    `${service}  ${summary}`,
    ...(release ? [`  release     ${release}`] : []),
    ...(deployment && state === 'failing' ? [`  deployment  ${deployment.arn}`] : []),
    ...(cause ? causeLines(cause) : []),
    ...(unexplained.length > 0 ? ['  cause       none that is known; ECS says:'] : []),
    ...unexplained.map(line => `              ${line}`),
    ...others.flatMap((other, index) => [
      `  ${(index === 0 ? heading : '').padEnd(12)}${other.cause} (${other.confidence})`,
      `              do: ${other.fix}`,
    ]),
    ...unchecked.map(what => `  could not check ${what}`),
  ]
}

function causeLines({ cause, confidence, evidence, fix }: Candidate): string[] {
  return [
    `  cause       ${cause} (${confidence})`,
    ...evidence.map((line, index) => `  ${index === 0 ? 'evidence' : '        '}    ${line}`),
    `  do next     ${fix}`,
  ]
}
