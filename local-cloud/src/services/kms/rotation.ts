import type {
  EnableKeyRotationRequest,
  GetKeyRotationStatusResponse,
  ListKeyRotationsRequest,
  ListKeyRotationsResponse,
  RotateKeyOnDemandRequest,
  RotateKeyOnDemandResponse,
} from '@aws-sdk/client-kms'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import type { Keys } from './keys.ts'
import { pageOf } from './pages.ts'

/** Days between rotations, and how often a key may be rotated on demand (KMS developer guide, "Rotate KMS keys"). */
const PERIOD = { least: 90, usual: 365, most: 2560 }
const MOST_ON_DEMAND = 25

/** Rotation: new material for what is encrypted from now on, the old kept for what was. */
export function rotationOperations({ clock }: ServiceContext, keys: Keys): Record<string, Operation> {
  function enable(input: EnableKeyRotationRequest): void {
    const days = input.RotationPeriodInDays ?? PERIOD.usual
    if (!(days >= PERIOD.least && days <= PERIOD.most))
      throw new AwsError(
        'ValidationException',
        `RotationPeriodInDays ${days} must be between ${PERIOD.least} and ${PERIOD.most}`,
      )
    const key = keys.usable(input.KeyId)
    if (key.spec)
      throw new AwsError('UnsupportedOperationException', `${key.arn} is asymmetric: KMS does not rotate it`)
    keys.change(key.id, {
      rotation: true,
      rotationDays: days,
      rotationFrom: clock.now(),
    })
  }

  function status(input: { KeyId?: string }): GetKeyRotationStatusResponse {
    const key = keys.get(input.KeyId)
    const next = keys.nextRotation(key)
    return {
      KeyRotationEnabled: key.rotation,
      KeyId: key.arn,
      RotationPeriodInDays: key.rotation ? (key.rotationDays ?? PERIOD.usual) : undefined,
      NextRotationDate: next === undefined ? undefined : new Date(next),
    }
  }

  function onDemand(input: RotateKeyOnDemandRequest): RotateKeyOnDemandResponse {
    const key = keys.usable(input.KeyId)
    const before = (key.rotations ?? []).filter(one => one.kind === 'ON_DEMAND').length
    if (before >= MOST_ON_DEMAND)
      throw new AwsError(
        'LimitExceededException',
        `${key.arn} was rotated on demand ${MOST_ON_DEMAND} times.`,
      )
    keys.rotate(key, 'ON_DEMAND', clock.now())
    return { KeyId: key.arn }
  }

  function list(input: ListKeyRotationsRequest): ListKeyRotationsResponse {
    const key = keys.get(input.KeyId)
    const { items, ...rest } = pageOf(key.rotations ?? [], input)
    return {
      Rotations: items.map(one => ({
        KeyId: key.arn,
        RotationDate: new Date(one.at),
        RotationType: one.kind,
      })),
      ...rest,
    }
  }

  return {
    EnableKeyRotation: enable,
    DisableKeyRotation: (input: { KeyId?: string }) =>
      void keys.change(keys.usable(input.KeyId).id, { rotation: false }),
    GetKeyRotationStatus: status,
    RotateKeyOnDemand: onDemand,
    ListKeyRotations: list,
  }
}
