import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENVIRONMENTS } from '@clarity/environments'
import { afterAll, expect, test } from 'vitest'
import { assemble, type SynthesizedStack } from '../synth.ts'
import { RULES } from './all-rules.ts'
import { applyRules, type Json, templatesOf } from './rule.ts'
import { ACCESS_WEAKENINGS } from './weakenings/access.ts'
import { STORAGE_WEAKENINGS } from './weakenings/storage.ts'
import { TRAFFIC_WEAKENINGS } from './weakenings/traffic.ts'
import type { Weakening } from './weakenings/weakening.ts'

/** What audits find most, and what breaks releases: each is caught by a rule, or the rules are not worth their name. */
const WEAKENINGS = [...STORAGE_WEAKENINGS, ...ACCESS_WEAKENINGS, ...TRAFFIC_WEAKENINGS]

const outdir = mkdtempSync(join(tmpdir(), 'clarity-weakenings-'))
afterAll(() => rmSync(outdir, { recursive: true, force: true }))
const { stacks } = assemble(ENVIRONMENTS.prod, outdir)
const check = (changed: SynthesizedStack[]) => applyRules(RULES, templatesOf(ENVIRONMENTS.prod, changed))

test('production as it is weakens nothing', () => {
  expect(check(stacks)).toEqual([])
})

test.each(WEAKENINGS)('$rule sees who $does', weakening => {
  expect(check(weakened(weakening)).map(({ rule }) => rule)).toContain(weakening.rule)
})

test('there are forty weakenings or more, and each rule that guards data has one', () => {
  expect(WEAKENINGS.length).toBeGreaterThanOrEqual(40)
})

/** The templates with one resource changed; the others are shared, for nothing changes them. */
function weakened({ where, change }: Weakening): SynthesizedStack[] {
  const [part, start = ''] = where.split('/')
  return stacks.map(stack => {
    if (stack.part !== part) return stack
    const resources = stack.template.Resources as Record<string, Json>
    const id = start in resources ? start : Object.keys(resources).find(name => name.startsWith(start))
    if (!id) throw new Error(`there is no ${where}`)
    const resource = structuredClone(resources[id]) as Json
    const kept = change(resource, resource.Properties as Json) !== false
    const { [id]: _, ...others } = resources
    return {
      ...stack,
      template: { ...stack.template, Resources: kept ? { ...others, [id]: resource } : others },
    }
  })
}
