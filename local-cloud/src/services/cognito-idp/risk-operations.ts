import type {
  DescribeRiskConfigurationRequest,
  DescribeRiskConfigurationResponse,
  RiskConfigurationType,
  SetRiskConfigurationRequest,
  SetRiskConfigurationResponse,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Operation } from '../../core/service.ts'
import type { World } from './world.ts'

/** What threat protection was told to do; `at` in milliseconds since the epoch. */
interface RiskRecord {
  settings: Omit<SetRiskConfigurationRequest, 'UserPoolId' | 'ClientId'>
  at: number
}

/** Threat protection of a pool or of one of its clients: kept and told. Nothing here judges a sign-in by it. */
export function riskOperations({ context, pools }: World): Record<string, Operation> {
  const risks = context.store.collection<RiskRecord>('cognito-idp', 'risk')

  /** @throws AwsError `ResourceNotFoundException` */
  function keyOf({ UserPoolId, ClientId }: DescribeRiskConfigurationRequest): string {
    const pool = pools.pool(UserPoolId)
    if (ClientId !== undefined && ClientId !== 'ALL') pools.client(ClientId, pool.id)
    return `${pool.id}/${ClientId ?? 'ALL'}`
  }

  function view(input: DescribeRiskConfigurationRequest): RiskConfigurationType {
    const { UserPoolId, ClientId } = input
    const found = risks.get(keyOf(input))
    return {
      UserPoolId,
      ...(ClientId === undefined || ClientId === 'ALL' ? {} : { ClientId }),
      ...found?.settings,
      ...(found ? { LastModifiedDate: new Date(found.at) } : {}),
    }
  }

  return {
    SetRiskConfiguration: (input: SetRiskConfigurationRequest): SetRiskConfigurationResponse => {
      const { UserPoolId: _, ClientId: __, ...settings } = input
      risks.put(keyOf(input), { settings, at: context.clock.now() })
      return { RiskConfiguration: view(input) }
    },
    DescribeRiskConfiguration: (
      input: DescribeRiskConfigurationRequest,
    ): DescribeRiskConfigurationResponse => ({ RiskConfiguration: view(input) }),
  }
}
