import { randomBytes } from 'node:crypto'
import type {
  GetServiceQuotaRequest,
  ListServiceQuotasRequest,
  RequestedServiceQuotaChange,
  RequestServiceQuotaIncreaseRequest,
  ServiceQuota,
} from '@aws-sdk/client-service-quotas'
import { AwsError } from '../../core/aws-error.ts'
import type { RequestContext, Service, ServiceContext } from '../../core/service.ts'
import { QUOTAS, type Quota, SERVICES } from './quotas.ts'

/** An increase that was asked for, and granted. Times are milliseconds since the epoch. */
interface Increase {
  id: string
  service: string
  code: string
  value: number
  requester: string
  at: number
}

/** Quotas: those that this repository asks for. They are told, and raised at once; nothing here is limited by them. */
export function createServiceQuotas(context: ServiceContext): Service {
  const increases = context.store.collection<Increase>('servicequotas', 'increase')

  /** @throws AwsError `NoSuchResourceException` */
  function find({ ServiceCode = '', QuotaCode }: GetServiceQuotaRequest): Quota {
    requireService(ServiceCode)
    const found = QUOTAS.find(one => one.service === ServiceCode && one.code === QuotaCode)
    if (!found)
      throw new AwsError(
        'NoSuchResourceException',
        `The request failed because the specified quota does not exist: ${ServiceCode}/${QuotaCode}`,
      )
    return found
  }

  function requireService(code: string | undefined): void {
    if (code && code in SERVICES) return
    throw new AwsError(
      'NoSuchResourceException',
      `The request failed because the specified service does not exist: ${code}`,
    )
  }

  function appliedTo(quota: Quota): number {
    const raised = increases.list(`${quota.service}/${quota.code}/`).map(({ value }) => value)
    return Math.max(quota.applied ?? quota.default, ...raised)
  }

  function view(quota: Quota, Value: number, isDefault = false): ServiceQuota {
    const { region, accountId } = context
    return {
      ServiceCode: quota.service,
      ServiceName: SERVICES[quota.service],
      QuotaArn: `arn:aws:servicequotas:${region}:${isDefault ? '' : accountId}:${quota.service}/${quota.code}`,
      QuotaCode: quota.code,
      QuotaName: quota.name,
      Value,
      Unit: 'None',
      Adjustable: quota.adjustable,
      GlobalQuota: false,
      ...(isDefault ? {} : { QuotaAppliedAtLevel: 'ACCOUNT' as const }),
    }
  }

  function increase(input: RequestServiceQuotaIncreaseRequest, { caller }: RequestContext) {
    const quota = find(input)
    const wanted = Number(input.DesiredValue)
    const now = appliedTo(quota)
    if (!(wanted > now))
      throw new AwsError(
        'IllegalArgumentException',
        `You must provide a quota value that is greater than the current quota value: ${now}`,
      )
    const made: Increase = {
      id: randomBytes(16).toString('hex'),
      service: quota.service,
      code: quota.code,
      value: wanted,
      requester: caller.arn,
      at: context.clock.now(),
    }
    increases.put(`${made.service}/${made.code}/${made.id}`, made)
    return { RequestedQuota: told(made) }
  }

  function told({ id, service, code, value, requester, at }: Increase): RequestedServiceQuotaChange {
    return {
      Id: id,
      ServiceCode: service,
      ServiceName: SERVICES[service],
      QuotaCode: code,
      QuotaName: QUOTAS.find(one => one.code === code)?.name,
      DesiredValue: value,
      Status: 'APPROVED',
      Created: new Date(at),
      LastUpdated: new Date(at),
      Requester: JSON.stringify({ arn: requester }),
      GlobalQuota: false,
      Unit: 'None',
    }
  }

  const list = (toView: (quota: Quota) => ServiceQuota) => (input: ListServiceQuotasRequest) => {
    requireService(input.ServiceCode)
    return page(QUOTAS.filter(one => one.service === input.ServiceCode).map(toView), input, 'Quotas')
  }

  return {
    name: 'servicequotas',
    protocol: 'json',
    targetPrefix: 'ServiceQuotasV20190624',
    jsonVersion: '1.1',
    operations: {
      GetServiceQuota: (input: GetServiceQuotaRequest) => {
        const quota = find(input)
        return { Quota: view(quota, appliedTo(quota)) }
      },
      GetAWSDefaultServiceQuota: (input: GetServiceQuotaRequest) => {
        const quota = find(input)
        return { Quota: view(quota, quota.default, true) }
      },
      ListServiceQuotas: list(quota => view(quota, appliedTo(quota))),
      ListAWSDefaultServiceQuotas: list(quota => view(quota, quota.default, true)),
      ListServices: (input: ListServiceQuotasRequest) =>
        page(
          Object.entries(SERVICES).map(([ServiceCode, ServiceName]) => ({ ServiceCode, ServiceName })),
          input,
          'Services',
        ),
      RequestServiceQuotaIncrease: increase,
      GetRequestedServiceQuotaChange: ({ RequestId }: { RequestId?: string }) => {
        const found = increases.list().find(({ id }) => id === RequestId)
        if (!found)
          throw new AwsError('NoSuchResourceException', `There is no request with the id ${RequestId}.`)
        return { RequestedQuota: told(found) }
      },
      ListRequestedServiceQuotaChangeHistory: (input: ListServiceQuotasRequest) => {
        if (input.ServiceCode) requireService(input.ServiceCode)
        const prefix = input.ServiceCode ? `${input.ServiceCode}/` : ''
        return page(increases.list(prefix).map(told), input, 'RequestedQuotas')
      },
    },
  }
}

/** @throws AwsError `InvalidPaginationTokenException`, `IllegalArgumentException` */
function page<T>(all: T[], { MaxResults = 100, NextToken }: ListServiceQuotasRequest, name: string) {
  if (!(MaxResults >= 1 && MaxResults <= 100))
    throw new AwsError('IllegalArgumentException', `MaxResults is 1 to 100, not ${MaxResults}.`)
  const start = Number(NextToken ?? 0)
  if (!Number.isInteger(start) || start < 0 || start > all.length)
    throw new AwsError('InvalidPaginationTokenException', 'An invalid pagination token was used.')
  const end = start + MaxResults
  return { [name]: all.slice(start, end), ...(end < all.length ? { NextToken: `${end}` } : {}) }
}
