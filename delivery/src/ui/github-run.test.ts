import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Event } from './events.ts'
import { accountForRun } from './github-run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function tell(events: Event[]): { summary: string; output: string; handedOn: Event[] } {
  const files = { summary: join(folder, 'summary'), output: join(folder, 'output') }
  const handedOn: Event[] = []
  const emit = accountForRun('deploy staging', files, event => handedOn.push(event))
  for (const event of events) emit(event)
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  return { summary: read(files.summary), output: read(files.output), handedOn }
}

test('a result leaves its steps, its text and its digest with the run', () => {
  const events: Event[] = [
    { type: 'step-finished', step: 'push', message: 'push a|b', seconds: 1.25 },
    { type: 'result', text: 'it serves', data: { release: 'abc', digest: 'sha256:12', other: 'x\ny' } },
  ]
  const { summary, output, handedOn } = tell(events)
  expect(handedOn).toEqual(events)
  expect(output).toBe('release=abc\ndigest=sha256:12\n')
  expect(summary).toContain('### `clarity deploy staging`')
  expect(summary).toContain('| done | push a\\|b | 1.3 s |')
  expect(summary).toContain('```\nit serves\n```')
})

test('an error leaves its evidence and what to do next, and no output', () => {
  const { summary, output } = tell([
    { type: 'step-failed', step: 'release', message: 'release the API', seconds: 30 },
    {
      type: 'error',
      code: 'rolled_back',
      message: 'rolled back <b>',
      fix: 'run it again',
      evidence: ['exit code 7'],
      exitCode: 6,
    },
  ])
  expect(output).toBe('')
  expect(summary).toContain('| **failed** | release the API | 30 s |')
  expect(summary).toContain('**rolled back \\<b\\>** (exit code 6)')
  expect(summary).toContain('exit code 7')
  expect(summary).toContain('Do next: run it again')
})

test('what would add an output of its own is none', () => {
  const { output } = tell([
    { type: 'result', text: '', data: { release: 'a\ndigest=sha256:evil', digest: 1 } },
  ])
  expect(output).toBe('')
})
