import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { until } from './until.ts'

/** What was prepared, and where. */
export interface Prepared<T> {
  folder: string
  value: T
}

/**
 * Prepares something in a folder once for all tests of a run, in whichever worker asks first; the others wait for it.
 * What does not work out fails every test that asks for it, with the same words.
 * @param name names it, and its folder
 * @param prepare fills the folder; what it returns goes through JSON
 */
export async function prepareOnce<T>(
  name: string,
  prepare: (folder: string) => Promise<T>,
): Promise<Prepared<T>> {
  const folder = join(inject('preparedFolder'), name)
  const said = `${folder}.json`
  const first = await mkdir(folder).then(
    () => true,
    () => false,
  )
  if (first) {
    const outcome = await prepare(folder).then(
      value => ({ value }),
      error => ({ error: String(error?.stack ?? error) }),
    )
    await writeFile(`${said}.new`, JSON.stringify(outcome))
    // whoever waits must not find half of it
    await rename(`${said}.new`, said)
  }
  const text = await until(() => readFile(said, 'utf8').catch(() => undefined), 170_000)
  const outcome = JSON.parse(text) as { value: T; error?: string }
  if (outcome.error) throw new Error(`${name} could not be prepared: ${outcome.error}`)
  return { folder, value: outcome.value }
}
