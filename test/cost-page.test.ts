import { ENVIRONMENTS } from '@clarity/environments'
import { synthesize } from '@clarity/infra'
import { expect, test } from 'vitest'
import { costPage } from '../ci-cd/docs/cost-page.ts'
import { takeInventory } from '../delivery/src/cost/inventory.ts'

test('cost and scale are documented from the templates', async () => {
  const { prod } = ENVIRONMENTS
  const inventory = takeInventory(
    prod,
    synthesize(prod).map(({ template }) => template),
  )
  // what a rule would count as nothing, were a property renamed
  expect(inventory).toMatchObject({ kmsKeys: 3, endpointZones: 18, cognito: 'PLUS', dataEvents: true })
  for (const count of Object.values(inventory))
    if (typeof count === 'number') expect(count).toBeGreaterThan(0)
  await expect(costPage(prod, inventory)).toMatchFileSnapshot('../docs/cost-and-scale.md')
})
