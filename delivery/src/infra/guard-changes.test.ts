import { expect, test } from 'vitest'
import { dangersOf, requireAllowed } from './guard-changes.ts'

const STATEFUL = ['AWS::DynamoDB::Table']
const table = { LogicalResourceId: 'Table', ResourceType: 'AWS::DynamoDB::Table' }
const rule = { LogicalResourceId: 'Rule', ResourceType: 'AWS::ElasticLoadBalancingV2::ListenerRule' }

test('a change in place of what holds data is no danger; its replacement and its removal are', () => {
  const of = (change: object) =>
    dangersOf('data', [{ ...table, ...change }], STATEFUL).map(({ flag }) => flag)
  expect(of({ Action: 'Modify', Replacement: 'False' })).toEqual([])
  expect(of({ Action: 'Add' })).toEqual([])
  expect(of({ Action: 'Modify', Replacement: 'True' })).toEqual(['--replace-stateful'])
  expect(of({ Action: 'Modify', Replacement: 'Conditional' })).toEqual(['--replace-stateful'])
  expect(of({ Action: 'Remove' })).toEqual(['--replace-stateful'])
  expect(of({ Action: 'Remove', PolicyAction: 'Retain' })).toEqual([])
})

test('a listener rule that is touched loses its weights', () => {
  const [danger] = dangersOf('edge', [{ ...rule, Action: 'Modify' }], STATEFUL)
  expect(danger).toMatchObject({ flag: '--reset-weights', words: expect.stringContaining('Rule') })
  expect(dangersOf('edge', [{ ...rule, Action: 'Add' }], STATEFUL)).toEqual([])
})

test('a danger is let through by its own flag alone', () => {
  const dangers = dangersOf('data', [{ ...table, Action: 'Modify', Replacement: 'True' }], STATEFUL)
  expect(() => requireAllowed(dangers, {})).toThrow(expect.objectContaining({ code: 'data_at_risk' }))
  expect(() => requireAllowed(dangers, { resetWeights: true })).toThrow(/would replace or delete/)
  expect(() => requireAllowed(dangers, { replaceStateful: true })).not.toThrow()
})
