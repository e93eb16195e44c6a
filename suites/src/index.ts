export { type ApiClient, ApiError, createApiClient } from './api-client.ts'
export { RELEASE_HEADER, type SmokeTarget, smoke } from './smoke.ts'
export { type Check, type CheckResult, expectEqual, runChecks } from './suite.ts'
export { type WatchSample, watchData } from './watch-data.ts'
