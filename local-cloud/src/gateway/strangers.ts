import type { IncomingMessage } from 'node:http'
import { AwsError } from '../core/aws-error.ts'

/** Names under which a client on this machine reaches the endpoint; `bucket.localhost` is one. */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|(?:[\w.-]+\.)?localhost|\[::1\])(?::\d+)?$/i

/**
 * Refuses what a web page makes a browser send: a request from another origin, or to a foreign name that was made
 * to resolve to 127.0.0.1 (DNS rebinding). Listening on loopback alone does not keep pages out.
 * @throws AwsError 403 `AccessDenied`
 */
export function refuseStrangers({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined)
    throw new AwsError('AccessDenied', 'the local cloud takes no requests from web pages', 403)
  if (headers.host !== undefined && !LOOPBACK.test(headers.host))
    throw new AwsError('AccessDenied', `'${headers.host}' is not a name of this machine's loopback`, 403)
}
