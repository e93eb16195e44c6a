import type { Access } from '../target.ts'

/** Longest wait for a connection and for an answer, in ms: control planes answer in a second or are not answering. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true }

/** The configuration that every SDK client takes; retries are the SDK's own, bounded, and so is every wait. */
export function clientConfig({ region, endpoint, credentials, profile }: Access) {
  return {
    region,
    endpoint,
    credentials,
    profile,
    maxAttempts: 6,
    forcePathStyle: true,
    requestHandler: TIMEOUTS,
  }
}
