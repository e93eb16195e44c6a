import type { Service, ServiceContext } from '../../core/service.ts'
import { instanceProfileOperations } from './instance-profiles.ts'
import { createIamState } from './model.ts'
import { policyOperations } from './policies.ts'
import { rolePolicyOperations } from './role-policies.ts'
import { roleOperations } from './roles.ts'
import { simulateOperations } from './simulate.ts'
import { userOperations } from './users.ts'

/** Roles and policies, the installation's own user, and the evaluation of what they allow. */
export function createIam(context: ServiceContext): Service {
  const state = createIamState(context.store)
  return {
    name: 'iam',
    protocol: 'query',
    apiVersion: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    operations: {
      ...roleOperations(context, state),
      ...rolePolicyOperations(state),
      ...policyOperations(context, state),
      ...instanceProfileOperations(context, state),
      ...simulateOperations(state),
      ...userOperations(context),
    },
  }
}
