import { expect, test } from 'vitest'
import { judgeAnswer } from './answer.ts'
import { honestAnswers, hostileAnswers } from './testing/hostile-answers.ts'

test('of 500 hostile answers none passes', () => {
  const hostile = hostileAnswers(20_261_124, 500)
  const passed = hostile.filter(({ text, facts }) => judgeAnswer(text, facts).ok)
  expect(passed.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([])
  expect(new Set(hostile.map(({ kind }) => kind)).size).toBeGreaterThan(20)
})

test('true answers in plain words pass', () => {
  const refused = honestAnswers(7, 200).flatMap(({ text, facts }) => {
    const judged = judgeAnswer(text, facts)
    return judged.ok ? [] : judged.faults
  })
  expect(refused).toEqual([])
})
