import type { Confidence, Rule } from '../../delivery/src/release/diagnosis/rule.ts'
import { RULES } from '../../delivery/src/release/diagnosis/rules.ts'

/** What a confidence of `diagnose` means. */
const SURE: Record<Confidence, string> = {
  certain: 'AWS says so itself',
  likely: 'what AWS says fits this and little else',
  possible: 'what AWS says fits this among other things',
  symptom: 'a consequence: the cause is mostly another one beside it',
}

/**
 * `docs/troubleshooting.md`: the three questions of the mission, and every cause that `clarity diagnose` knows with its
 * fix, from the rules themselves. The anchors are the ids that `diagnose --json` gives.
 */
export function troubleshootingPage(): string {
  return [INTRODUCTION, ...RULES.map(section)].join('\n')
}

const INTRODUCTION = `# Troubleshooting

\`clarity diagnose <env>\` asks all of this for you and names one cause, with its evidence and what to do. Rendered by \`make render\`
from its rules.

## Tasks fail

\`\`\`sh
make up
eval "$(./clarity env local)"
./clarity diagnose local  # exit code 0 or 3: nothing, or what is wrong
aws logs tail /ecs/clarity-backend --since 10m
aws ecs list-tasks --cluster clarity-backend-cluster --desired-status STOPPED
\`\`\`

ECS keeps a stopped task for an hour; its \`stoppedReason\` and exit code are in \`aws ecs describe-tasks\`, and \`clarity status <env>\`
shows them with the release they belong to.

## The table does not answer

\`\`\`sh
./clarity health local
aws dynamodb list-tables --region us-east-1
aws iam list-role-policies --role-name clarity-backend-task-role
\`\`\`

\`/health/ready\` names the dependency that failed, and why. A permission that is missing is named by \`clarity diagnose\` as
\`application-denied\`; what the role may do is in \`infra/src/compute/\`.

## A deployment fails

\`\`\`sh
aws ecs describe-services --cluster clarity-backend-cluster --services clarity-backend-service
./clarity history local
./clarity rollback local --dry-run
\`\`\`

A failed deployment has gone back by itself; \`clarity rollback\` is for one that passed its checks and is bad all the same.

## Every cause that diagnose knows
`

function section({ id, cause, fix, confidence }: Rule): string {
  return [
    '',
    `### ${id}`,
    '',
    `${capital(readable(cause))} (${SURE[confidence]}).`,
    '',
    `Do: ${readable(fix)}.`,
  ].join('\n')
}

/** `{name|otherwise}` becomes what it stands for. */
function readable(text: string): string {
  return text
    .replace(/\{(\w+)\|([^}]*)\}/g, (_, name: string, otherwise: string) => otherwise || `<${name}>`)
    .replace(/\{(\w+)\}/g, '<$1>')
    .replace(/'((?:aws|clarity) [^']*)'/g, '`$1`')
    .replace(/<(\w+)>(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)/g, '\\<$1\\>')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
