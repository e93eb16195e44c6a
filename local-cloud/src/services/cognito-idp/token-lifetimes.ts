import type { TokenValidityUnitsType } from '@aws-sdk/client-cognito-identity-provider'
import { invalidParameter } from './cognito-errors.ts'
import type { ClientRecord } from './records.ts'

const UNIT_SECONDS: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }
const DAY = 86_400

type Settings = ClientRecord['settings']

/** Seconds that an access token of the client lives: an hour unless set. */
export function accessSeconds({ settings }: { settings: Settings }): number {
  return lifetime(settings.AccessTokenValidity, settings.TokenValidityUnits?.AccessToken ?? 'hours', 3600)
}

/** Seconds that an id token lives: an hour unless set. */
export function idSeconds({ settings }: { settings: Settings }): number {
  return lifetime(settings.IdTokenValidity, settings.TokenValidityUnits?.IdToken ?? 'hours', 3600)
}

/** Seconds that a refresh token lives: thirty days unless set. */
export function refreshSeconds({ settings }: { settings: Settings }): number {
  return lifetime(
    settings.RefreshTokenValidity,
    settings.TokenValidityUnits?.RefreshToken ?? 'days',
    30 * DAY,
  )
}

function lifetime(value: number | undefined, unit: string, usual: number): number {
  return value ? value * (UNIT_SECONDS[unit] ?? 0) : usual
}

/** @throws AwsError `InvalidParameterException` for a unit or a lifetime outside AWS's limits */
export function checkLifetimes(settings: Settings): void {
  for (const [token, unit] of Object.entries((settings.TokenValidityUnits ?? {}) as TokenValidityUnitsType))
    if (unit !== undefined && !(unit in UNIT_SECONDS))
      throw invalidParameter(`TokenValidityUnits.${token} '${unit}' must be seconds, minutes, hours or days`)
  const within = (name: string, seconds: number, least: number, most: number) => {
    if (!(seconds >= least && seconds <= most))
      throw invalidParameter(
        `Invalid range for token validity: ${name} is ${seconds} s, must be ${least} to ${most}`,
      )
  }
  const [access, id, refresh] = [
    accessSeconds({ settings }),
    idSeconds({ settings }),
    refreshSeconds({ settings }),
  ]
  within('AccessTokenValidity', access, 300, DAY)
  within('IdTokenValidity', id, 300, DAY)
  within('RefreshTokenValidity', refresh, 3600, 3650 * DAY)
  if (refresh < Math.max(access, id))
    throw invalidParameter('Invalid range for token validity: the refresh token must outlive the others')
}
