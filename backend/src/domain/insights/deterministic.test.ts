import { expect, test } from 'vitest'
import { deterministicNarrative } from './deterministic.ts'
import type { Fact } from './facts.ts'

const fact = (kind: Fact['kind'], text: string, value = 0): Fact => ({
  id: 'F1',
  kind,
  text,
  value,
  unit: '',
  figures: [],
})

test('tells coverage, what was usual and what changed, and leaves the rest to the facts', () => {
  const narrative = deterministicNarrative([
    fact('coverage', 'Covered.'),
    fact('average', 'Usual.'),
    fact('trend', 'Hardly changed.', 4),
    fact('trend', 'Fell.', -5),
    fact('highest', 'Highest.'),
  ])
  expect(narrative).toBe('Covered. Usual. Fell.')
})
