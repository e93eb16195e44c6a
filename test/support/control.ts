import type { Fault } from '../../local-cloud/src/gateway/faults.ts'
import type { Laptop } from './laptop.ts'

/** Moves the clock of a laptop's AWS forward; what falls due runs at once. */
export function advanceClock(laptop: Laptop, advanceMs: number): Promise<unknown> {
  return control(laptop, 'clock', 'POST', { advanceMs })
}

/** Sets faults of a laptop's AWS, beside those that are set already. */
export async function addFaults(laptop: Laptop, ...faults: Fault[]): Promise<void> {
  for (const fault of faults) await control(laptop, 'faults', 'POST', fault)
}

export async function clearFaults(laptop: Laptop): Promise<void> {
  await control(laptop, 'faults', 'DELETE')
}

/** The faults that have not struck as often as they are to. */
export async function faultsLeft(laptop: Laptop): Promise<Fault[]> {
  return ((await control(laptop, 'faults', 'GET')) as { faults: Fault[] }).faults
}

async function control({ endpoint }: Laptop, path: string, method: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${endpoint}/_clarity/${path}`, { method, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${path}: status ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
