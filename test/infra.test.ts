import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { namesOf } from '@clarity/environments'
import { expect, test } from 'vitest'
import { render } from '../ci-cd/aws/render.ts'
import { COMMANDS } from '../delivery/src/cli/commands.ts'
import { checkEnvironments } from '../infra/src/check-environments.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUNBOOKS = join(ROOT, 'docs/runbooks')
// CDK's own validation takes seconds; `make lint-infra` runs it
const { environments } = checkEnvironments(undefined, { validate: false })
const pages = readdirSync(RUNBOOKS).filter(name => name !== 'README.md')

test.each(environments)('$environment.name keeps every rule of ours', ({ findings }) => {
  expect(findings).toEqual([])
})

test.each(environments)(
  '$environment.name has no finding that nobody answers for, and no answer to nothing',
  ({ open }) => {
    expect(open).toEqual([])
  },
)

test.each(environments)(
  '$environment.name: each acknowledgement says the risk, why it is accepted and whose it is',
  ({ acknowledged }) => {
    for (const { rules, where, risk, accepted, owner } of acknowledged) {
      expect([rules.length, where.length].every(count => count > 0)).toBe(true)
      expect([risk.length > 20, accepted.length > 20, owner.length > 0]).toEqual([true, true, true])
    }
  },
)

test('what is rendered from code is what is kept: make render', () => {
  for (const { path, text } of render(environments))
    expect({ path, same: readFileSync(join(ROOT, path), 'utf8') === text }).toEqual({ path, same: true })
  const kept = readdirSync(join(ROOT, 'ci-cd/aws/cloudformation'))
  expect(kept).toHaveLength(environments[0]?.templates.stacks.length ?? 0)
})

test('each alarm has a runbook, and each runbook an alarm', () => {
  for (const { environment, templates } of environments) {
    const { prefix } = namesOf(environment)
    const wanted = templates
      .of('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm')
      .map(({ properties }) => {
        const [, page] = /\/docs\/runbooks\/(\S+\.md)$/.exec(String(properties.AlarmDescription)) ?? []
        expect(String(properties.AlarmName).startsWith(`${prefix}-${page?.replace('.md', '')}`)).toBe(true)
        return page
      })
    expect([...new Set(wanted)].sort()).toEqual(pages.toSorted())
  }
})

test('runbooks say what to look at and what to do, with commands that exist', () => {
  const verbs = new Set(COMMANDS.map(({ name }) => name))
  for (const page of pages) {
    const text = readFileSync(join(RUNBOOKS, page), 'utf8')
    expect([page, /\n## Look\n[\s\S]*```sh\n/.test(text), text.includes('\n## Do\n')]).toEqual([
      page,
      true,
      true,
    ])
    const used = [...text.matchAll(/(?:`|\n)clarity ([a-z]+)/g)].map(([, verb]) => verb ?? '')
    for (const verb of used) expect([page, verb, verbs.has(verb)]).toEqual([page, verb, true])
    for (const [, link] of text.matchAll(/\]\(([\w-]+\.md)\)/g))
      expect([page, link, pages.includes(link ?? '')]).toEqual([page, link, true])
  }
})
