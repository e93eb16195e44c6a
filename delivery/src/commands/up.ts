import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { runDemo } from '../demo/demo.ts'
import { deployCheckout } from '../deploy/deploy-checkout.ts'
import { requireSuccess } from '../deploy/exit-code.ts'
import { explainingInterrupt } from '../deploy/interrupted.ts'
import { openWorld } from '../deploy/prepare.ts'
import { deploymentEvidence } from '../evidence/requests.ts'
import { withEvidence } from '../evidence/with-evidence.ts'
import { applyStacks, type StackResult, synthesizeStacks } from '../infra/apply-stacks.ts'
import { startCloudProcess } from '../local/cloud-process.ts'
import { pollMs } from '../poll.ts'
import { access, chooseTarget } from '../target.ts'
import { runStep } from '../ui/events.ts'
import { formatSeconds } from '../ui/render.ts'

/** `clarity up`: from nothing to a served insight, by production's path; the second time it changes nothing. */
export const run: RunCommand = async ({ emit, root, variables, signal, values }) => {
  const start = performance.now()
  const target = chooseTarget('local', root, variables)
  const { environment, state, speed } = target
  const { production, test, baseUrl } = environment.loadBalancer

  const cloud = await runStep(
    emit,
    'cloud.start',
    "start the laptop's AWS",
    () =>
      startCloudProcess({
        root,
        state,
        port: Number(new URL(environment.endpoint as string).port),
        speed,
        needed: values['only-cloud']
          ? []
          : [
              { port: production.port, purpose: "the load balancer's production listener" },
              { port: test.port, purpose: "the load balancer's test listener" },
            ],
      }),
    ({ started, endpoint }) => `${endpoint}${started ? '' : ', it runs already'}`,
  )
  if (values['only-cloud']) {
    const text = `AWS ${cloud.endpoint}; CLARITY_REHEARSE=<base port> puts any environment onto it`
    emit({ type: 'result', text, data: { endpoint: cloud.endpoint } })
    return EXIT.succeeded
  }
  const reach = await access(target)
  const templates = await synthesizeStacks(environment, emit)
  const apply = { environment, templates, access: reach, emit, pollMs: pollMs(environment) }
  const stacks = await applyStacks(apply)
  const world = await openWorld(target, emit, signal, variables)
  // a command that was killed keeps its lock for a few seconds
  const { release, outcome } = await withEvidence(world, deploymentEvidence(world), watched =>
    explainingInterrupt(watched, () => deployCheckout(watched, { waitSeconds: 10 })),
  )
  if (outcome) requireSuccess(outcome.verdict, environment.name, outcome.diagnosis)
  else emit({ type: 'note', message: `✓ ${release} serves already` })
  stacks.push(...(await applyStacks({ ...apply, release: 'after' })))
  const demo = values['no-demo']
    ? undefined
    : await runDemo({
        baseUrl,
        access: world.access,
        userPoolId: world.handedOn['user-pool-id'],
        state,
        emit,
      })

  const seconds = (performance.now() - start) / 1000
  const text = [
    '',
    ...recordedLines(stacks),
    ...(demo ? [`insight (${demo.model ?? demo.generatedBy}): ${firstWords(demo.narrative)}`, ''] : []),
    `API          ${baseUrl}`,
    `reference    ${baseUrl}/reference`,
    `AWS          ${cloud.endpoint}`,
    `release      ${release}`,
    ...(demo ? [`demo user    ${demo.user.email}  password ${demo.user.password}`] : []),
    `took         ${formatSeconds(seconds)}`,
    '',
    'try next:',
    '  ./clarity status local',
    '  ./clarity logs local --follow',
    '  eval "$(./clarity env local)"; aws --endpoint-url $AWS_ENDPOINT_URL s3 ls',
    '  ./clarity deploy local      after changing a line in backend/src',
    '  ./clarity rollback local',
  ]
  emit({
    type: 'result',
    text: text.join('\n'),
    data: { baseUrl, endpoint: cloud.endpoint, release, outcome, stacks, demo, seconds },
  })
  return EXIT.succeeded
}

/** What the templates ask for and this endpoint only writes down. */
function recordedLines(stacks: StackResult[]): string[] {
  const counts = new Map<string, number>()
  for (const { recorded } of stacks)
    for (const [type, count] of Object.entries(recorded)) counts.set(type, (counts.get(type) ?? 0) + count)
  if (counts.size === 0) return []
  const list = [...counts].map(
    ([type, count]) => `${type.replace('AWS::', '')}${count > 1 ? ` ×${count}` : ''}`,
  )
  return [`recorded, not enforced here: ${list.join(', ')}`, '']
}

/** As much of a narrative as fits a few lines, cut between sentences. */
function firstWords(narrative: string, most = 320): string {
  if (narrative.length <= most) return narrative
  const cut = narrative.slice(0, most)
  return `${cut.slice(0, cut.lastIndexOf('. ') + 1)} …`
}
