import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A user who does not exist, to have something to look at. */
export interface DemoUser {
  email: string
  password: string
}

const fileIn = (state: string) => join(state, 'demo.json')

/** The demo user of this installation; undefined before the first. */
export function recallDemoUser(state: string): DemoUser | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(state), 'utf8'))
  } catch {
    return undefined
  }
}

/** Keeps the demo user, readable by the owner alone. */
export function rememberDemoUser(state: string, user: DemoUser): void {
  mkdirSync(state, { recursive: true, mode: 0o700 })
  writeFileSync(fileIn(state), JSON.stringify(user), { mode: 0o600 })
}

export function forgetDemoUser(state: string): void {
  rmSync(fileIn(state), { force: true })
}
