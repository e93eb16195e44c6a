import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for what the tests of one run prepare once and share; gone after the run. */
    preparedFolder: string
  }
}

/** Vitest calls it once, before the first worker starts; what it returns, after the last one ended. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'clarity-prepared-'))
  project.provide('preparedFolder', folder)
  return () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
