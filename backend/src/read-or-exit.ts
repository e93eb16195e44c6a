import { ConfigError } from './config.ts'

/** Reads the configuration; where it is wrong, writes one line that names the variables and exits with code 2. */
export function readOrExit<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`configuration: ${error.message}\n`)
    process.exit(2)
  }
}
