import type { Access } from '../target.ts'

/** The configuration that every SDK client takes; retries are the SDK's own, adaptive, and bounded. */
export function clientConfig({ region, endpoint, credentials }: Access) {
  return { region, endpoint, credentials, maxAttempts: 6, forcePathStyle: true }
}
