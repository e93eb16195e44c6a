import type { Service } from '../core/service.ts'
import type { Store } from '../core/store.ts'
import { refusalOf } from '../gateway/refusal.ts'
import { createAuthorizer } from '../services/iam/authorize.ts'
import { needsOf, type Place } from './needs.ts'

/**
 * Refuses what the policies of a caller's role do not allow.
 * @throws AwsError `AccessDeniedException`, or the name that the service has for it, in AWS's words
 */
export type Authorize = (
  service: Service,
  operation: string,
  input: Record<string, unknown>,
  callerArn: string,
) => void

/** Operations that any valid key may call, whatever its policies say (STS API reference). */
const FREE = new Set(['sts:GetCallerIdentity'])

/**
 * IAM before every call whose caller is a role: temporary keys over the wire, and calls that services make as a role.
 * The installation's own user, service principals and callers of unsigned operations are not asked.
 */
export function createAccess(store: Store, place: Place): Authorize {
  const authorizer = createAuthorizer(store)
  return (service, operation, input, callerArn) => {
    if (!/^arn:aws:(iam::\d+:role|sts::\d+:assumed-role)\//.test(callerArn)) return
    if (service.anonymous?.has(operation) || FREE.has(`${service.name}:${operation}`)) return
    const own = service.conditionKeys?.(operation, input)
    for (const { action, resource } of needsOf(service.name, operation, input, place)) {
      const { decision } = authorizer.isAllowed(callerArn, action, resource, {
        'aws:RequestedRegion': place.region,
        'aws:SecureTransport': 'false',
        ...own,
      })
      if (decision === 'allowed') continue
      const because =
        decision === 'explicitDeny'
          ? 'with an explicit deny in an identity-based policy'
          : `because no identity-based policy allows the ${action} action`
      const shown = service.name === 's3' ? `"${resource}"` : resource
      throw refusalOf(
        service,
        `User: ${callerArn} is not authorized to perform: ${action} on resource: ${shown} ${because}`,
      )
    }
  }
}
