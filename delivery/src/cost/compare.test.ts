import { ENVIRONMENTS } from '@clarity/environments'
import { expect, test } from 'vitest'
import { compareCosts, costChangeLines } from './compare.ts'

const { prod } = ENVIRONMENTS
const gateway = { Type: 'AWS::EC2::NatGateway' }
const withGateways = (...names: string[]) => [
  { Resources: Object.fromEntries(names.map(name => [name, gateway])) },
]

test('another NAT gateway is told by the service it is billed under, with its hours and its address', () => {
  const change = compareCosts(prod, withGateways('A'), withGateways('A', 'B'), 0)
  const hours = 730
  expect(change.after - change.before).toBeCloseTo(hours * (0.045 + 0.005), 5)
  const [service, ...others] = change.services
  expect(others).toEqual([])
  expect(costChangeLines(change)).toEqual([
    expect.stringMatching(/goes by \+36\.50 to [\d,.]+ USD a month at 0 users/),
    expect.stringContaining(`${service?.service} +36.50 to`),
  ])
})

test('the same templates cost the same, and an empty account pays for everything', () => {
  const same = compareCosts(prod, withGateways('A'), withGateways('A'), 1000)
  expect(costChangeLines(same)).toEqual([expect.stringMatching(/stays: [\d,.]+ USD a month at 1,000 users/)])
  const first = compareCosts(prod, [], withGateways('A'), 1000)
  expect(first).toMatchObject({ before: 0, after: same.after })
})
