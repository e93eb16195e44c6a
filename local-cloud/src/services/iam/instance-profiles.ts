import type { CreateInstanceProfileRequest } from '@aws-sdk/client-iam'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import {
  alreadyExists,
  checkName,
  conflict,
  type IamState,
  type InstanceProfile,
  newId,
  noSuchEntity,
} from './model.ts'
import { type PageInput, pageOf } from './pages.ts'
import { toldRole } from './roles.ts'

interface Named {
  InstanceProfileName?: string
  RoleName?: string
}

/** Instance profiles: recorded, since there are no instances. */
export function instanceProfileOperations(
  context: ServiceContext,
  state: IamState,
): Record<string, Operation> {
  function createInstanceProfile(input: CreateInstanceProfileRequest) {
    const name = checkName('instanceProfileName', input.InstanceProfileName, 128)
    if (state.profiles.get(name)) throw alreadyExists(`Instance Profile ${name} already exists.`)
    const path = input.Path ?? '/'
    const profile: InstanceProfile = {
      name,
      id: newId('AIPA'),
      arn: `arn:aws:iam::${context.accountId}:instance-profile${path}${name}`,
      path,
      createdAt: context.clock.now(),
      roles: [],
    }
    state.profiles.put(name, profile)
    return { InstanceProfile: told(profile) }
  }

  function addRole(input: Named): void {
    const profile = state.profile(input.InstanceProfileName)
    const role = state.role(input.RoleName)
    if (profile.roles.length > 0)
      throw new AwsError(
        'LimitExceeded',
        'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
        409,
      )
    state.profiles.put(profile.name, { ...profile, roles: [role.name] })
  }

  function removeRole(input: Named): void {
    const profile = state.profile(input.InstanceProfileName)
    if (!profile.roles.includes(input.RoleName ?? ''))
      throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`)
    state.profiles.put(profile.name, { ...profile, roles: [] })
  }

  function deleteInstanceProfile(input: Named): void {
    const profile = state.profile(input.InstanceProfileName)
    if (profile.roles.length > 0)
      throw conflict('Cannot delete entity, must remove roles from instance profile first.')
    state.profiles.delete(profile.name)
  }

  function told(profile: InstanceProfile) {
    return {
      Path: profile.path,
      InstanceProfileName: profile.name,
      InstanceProfileId: profile.id,
      Arn: profile.arn,
      CreateDate: new Date(profile.createdAt),
      Roles: profile.roles.map(name => toldRole(state.role(name))),
    }
  }

  return {
    CreateInstanceProfile: createInstanceProfile,
    GetInstanceProfile: (input: Named) => ({
      InstanceProfile: told(state.profile(input.InstanceProfileName)),
    }),
    AddRoleToInstanceProfile: addRole,
    RemoveRoleFromInstanceProfile: removeRole,
    DeleteInstanceProfile: deleteInstanceProfile,
    ListInstanceProfiles: (input: PageInput) => {
      const { items, ...rest } = pageOf(state.profiles.list(), input)
      return { InstanceProfiles: items.map(told), ...rest }
    },
    ListInstanceProfilesForRole: (input: Named) => ({
      InstanceProfiles: state.profiles
        .list()
        .filter(profile => profile.roles.includes(state.role(input.RoleName).name))
        .map(told),
      IsTruncated: false,
    }),
  }
}
