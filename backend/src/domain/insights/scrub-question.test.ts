import { expect, test } from 'vitest'
import { scrubQuestion } from './scrub-question.ts'

test.each([
  ['Did I sleep 7 h in 14 days?', 'Did I sleep 7 h in 14 days?'],
  ['How was 2026-11-20?', 'How was 4 days before the last day?'],
  ['How was 2020-01-01?', 'How was [removed]?'],
  ['I am jane.doe+x@clinic.example, my steps?', 'I am [removed], my steps?'],
  ['Call +1 (555) 010-9999 or 123456789', 'Call [removed] or [removed]'],
  ['See https://clinic.example/r?id=4 now', 'See [removed] now'],
  ['6f1c1c1e-0000-4000-8000-000000000001 is me', '[removed] is me'],
  ['steps\u0000\u202e\n\nplease', 'steps please'],
])('%j leaves as %j', (question, sent) => {
  expect(scrubQuestion(question, '2026-11-24')).toBe(sent)
})
