import { AwsError } from '../core/aws-error.ts'
import type { Service } from '../core/service.ts'

/** What of a service says in which words it refuses. */
export type Spoken = Pick<Service, 'name' | 'protocol'> & { query?: unknown }

/** A missing permission, by the name and status that a service's protocol has for it. */
export function refusalOf(service: Spoken, message: string): AwsError {
  if (service.protocol === 'json')
    return new AwsError('AccessDeniedException', message, service.query ? 403 : 400)
  return new AwsError(service.protocol === 'ec2' ? 'UnauthorizedOperation' : 'AccessDenied', message, 403)
}
