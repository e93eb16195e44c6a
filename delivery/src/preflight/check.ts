import type { Environment, EnvironmentName } from '@clarity/environments'
import type { Alarms } from '../aws/alarms.ts'
import type { Ecs } from '../aws/ecs.ts'
import type { Identity } from '../aws/identity.ts'
import type { ImagePlatforms } from '../aws/image-platforms.ts'
import type { LogGroups } from '../aws/log-groups.ts'
import type { Network } from '../aws/network.ts'
import type { HandedOnValues } from '../aws/parameters.ts'
import type { Quotas } from '../aws/quotas.ts'
import type { Registry } from '../aws/registry.ts'
import type { Roles } from '../aws/roles.ts'
import type { Secrets } from '../aws/secrets.ts'
import type { SigningKey } from '../aws/signing-key.ts'
import type { TrafficSettings } from '../aws/traffic-settings.ts'
import type { DrillStanding } from '../evidence/check-drill.ts'
import type { Release } from '../release/task-definitions.ts'

/** What one look at one thing found. What could not be looked at has neither passed nor failed. */
export type Finding =
  | { outcome: 'passed'; says: string }
  | { outcome: 'failed'; says: string; fix: string }
  | { outcome: 'unchecked'; says: string; fix: string }

/** One question about whether a release can work; it only reads. */
export interface Check {
  /** Stable, for programs. */
  name: string
  /** What must be so, as a heading. */
  title: string
  run(world: PreflightWorld): Promise<Finding[]>
}

/** Everything that checks look at. */
export interface PreflightWorld {
  environment: Environment
  /** Whether tasks are processes of this machine, which lends them its C library. */
  onLocalCloud?: boolean
  handedOn: HandedOnValues
  /** What would be registered: its roles, secrets, logs, sizes and timeouts are what is checked. */
  release: Release
  /** The tag of the checkout's image, and its digest once the registry has it. */
  image: { tag: string; digest?: string }
  ecs: Ecs
  identity: Identity
  roles: Roles
  secrets: Secrets
  registry: Registry
  /** By which the environment knows its images. */
  signingKey: SigningKey
  images: ImagePlatforms
  logGroups: LogGroups
  network: Network
  traffic: TrafficSettings
  alarms: Alarms
  quotas: Quotas
  /** The drill that the environment requires, and how it stands; absent where none is required. */
  drill?: { where: EnvironmentName; standing(): Promise<DrillStanding> }
}

export function passed(says: string): Finding {
  return { outcome: 'passed', says }
}

/** @param fix the exact command or edit that mends it */
export function failed(says: string, fix: string): Finding {
  return { outcome: 'failed', says, fix }
}

/** @param fix what would make it possible to check */
export function unchecked(says: string, fix: string): Finding {
  return { outcome: 'unchecked', says, fix }
}

/**
 * Looks at one thing of several: what keeps it from being looked at keeps no other.
 * @param subject what is looked at, for the words of a refusal
 */
export async function look(subject: string, at: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await at()
  } catch (error) {
    return [explainRefusal(subject, error)]
  }
}

/** Why AWS's answer is not an answer; a connection that is refused is the caller's to explain. */
function explainRefusal(subject: string, error: unknown): Finding {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
  if (/AccessDenied|UnauthorizedOperation|AuthorizationError|not authorized/i.test(`${name} ${message}`))
    return unchecked(
      `${subject}: this caller may not look: ${message}`,
      'allow the caller the action that the message names',
    )
  if ($metadata?.httpStatusCode === 501)
    return unchecked(`${subject}: this endpoint cannot tell: ${message}`, 'look at it on AWS itself')
  if (/ECONNREFUSED|CredentialsProviderError/.test(`${name} ${message}`)) throw error
  return unchecked(`${subject}: ${name}: ${message}`, 'run this again; if it stays, look at it by hand')
}
