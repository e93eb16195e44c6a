import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HandedOnValues } from '../../delivery/src/aws/parameters.ts'
import { type Release, renderRelease } from '../../delivery/src/release/task-definitions.ts'
import { ENVIRONMENTS, HANDED_ON, namesOf, releaseRoles } from '../../environments/src/index.ts'
import { type CheckedEnvironment, checkEnvironments } from '../../infra/src/check-environments.ts'
import { json, type RenderedFile, renderReviews } from '../../infra/src/render.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TEMPLATES = 'ci-cd/aws/cloudformation'
/** Stands for the digest of the image that a release builds. */
const DIGEST = `sha256:${'0'.repeat(64)}`

/**
 * Every file that is made from code: production's task definition and templates where the mission looks for them,
 * docs/controls.md, and the lists that are reviewed.
 */
export function render(
  environments: CheckedEnvironment[] = checkEnvironments(undefined, { validate: false }).environments,
): RenderedFile[] {
  const prod = environments.find(({ environment }) => environment.name === 'prod')
  return [
    { path: 'ci-cd/aws/ecs-task-definition.json', text: json(productionRelease().api) },
    ...(prod?.templates.stacks ?? []).map(({ part, template }) => ({
      path: `${TEMPLATES}/${part}.json`,
      text: templateText(template),
    })),
    ...renderReviews(environments),
  ]
}

/** Production's release as far as it is known without an account: what stacks number is named instead. */
export function productionRelease(): Release {
  const environment = ENVIRONMENTS.prod
  const { registry, repository, geminiSecret } = namesOf(environment)
  const { execution, task, workerTask, loadBalancer } = releaseRoles(environment)
  const { account, region } = environment
  const handedOn: HandedOnValues = {
    ...(Object.fromEntries(HANDED_ON.map(key => [key, `<${key}>`])) as HandedOnValues),
    'execution-role-arn': execution,
    'task-role-arn': task,
    'worker-task-role-arn': workerTask,
    'load-balancer-role-arn': loadBalancer,
    'repository-uri': `${registry}/${repository}`,
    'queue-url': `https://sqs.${region}.amazonaws.com/${account}/${namesOf(environment).queue}`,
    'gemini-secret-arn': `arn:aws:secretsmanager:${region}:${account}:secret:${geminiSecret}`,
  }
  return renderRelease({ environment, handedOn, digest: DIGEST, tag: 'commit', architecture: 'X86_64' })
}

/** One line a resource: a difference shows which, and the file stays below what CloudFormation takes inline. */
function templateText({ Resources, ...rest }: Record<string, unknown>): string {
  const lines = Object.entries(Resources as object).map(
    ([id, resource]) => `    ${JSON.stringify(id)}: ${JSON.stringify(resource)}`,
  )
  const others = Object.entries(rest).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  )
  return ['{', ...others, '  "Resources": {', lines.join(',\n'), '  }', '}', ''].join('\n')
}

/** `node ci-cd/aws/render.ts`: writes them all; a second time writes what the first one's review lists changed. */
async function main(): Promise<void> {
  const files = render()
  for (const name of await readdir(join(ROOT, TEMPLATES)).catch(() => []))
    if (!files.some(({ path }) => path === `${TEMPLATES}/${name}`)) await rm(join(ROOT, TEMPLATES, name))
  for (const { path, text } of files) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true })
    await writeFile(join(ROOT, path), text)
  }
  process.stdout.write(`${files.length} files rendered\n`)
}

if (import.meta.main) await main()
