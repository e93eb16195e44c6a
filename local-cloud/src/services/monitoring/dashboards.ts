import type {
  DashboardValidationMessage,
  DeleteDashboardsInput,
  GetDashboardInput,
  GetDashboardOutput,
  ListDashboardsInput,
  ListDashboardsOutput,
  PutDashboardInput,
  PutDashboardOutput,
} from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { Operation, ServiceContext } from '../../core/service.ts'
import { page, readList } from './input.ts'
import { missing } from './monitoring-errors.ts'

interface DashboardRecord {
  name: string
  body: string
  changedAt: number
}

/** Dashboards on one page of a list, as on AWS. */
const PAGE = 1000

/** Dashboards: kept and given back; nothing draws them here. */
export function dashboardOperations({ store, clock, accountId }: ServiceContext): Record<string, Operation> {
  const dashboards = store.collection<DashboardRecord>('monitoring', 'dashboard')
  const arn = (name: string) => `arn:aws:cloudwatch::${accountId}:dashboard/${name}`

  function put(input: PutDashboardInput): PutDashboardOutput {
    const { DashboardName: name, DashboardBody: body } = input
    if (!name) throw missing('DashboardName')
    if (!/^[\w-]{1,255}$/.test(name))
      throw refused([{ Message: `The dashboard name '${name}' must match [\\w-]{1,255}` }])
    const faults = check(body ?? '')
    if (faults.length > 0) throw refused(faults)
    dashboards.put(name, { name, body: body as string, changedAt: clock.now() })
    return { DashboardValidationMessages: [] }
  }

  function get(input: GetDashboardInput): GetDashboardOutput {
    const { name, body } = find(input.DashboardName)
    return { DashboardName: name, DashboardArn: arn(name), DashboardBody: body }
  }

  function list(input: ListDashboardsInput): ListDashboardsOutput {
    const { items, next } = page(dashboards.list(input.DashboardNamePrefix ?? ''), input.NextToken, PAGE)
    return {
      DashboardEntries: items.map(({ name, body, changedAt }) => ({
        DashboardName: name,
        DashboardArn: arn(name),
        LastModified: new Date(changedAt),
        Size: Buffer.byteLength(body),
      })),
      NextToken: next,
    }
  }

  function remove(input: DeleteDashboardsInput): void {
    const names = readList<string>(input.DashboardNames)
    for (const name of names) find(name)
    store.transaction(() => {
      for (const name of names) dashboards.delete(name)
    })
  }

  function find(name: string | undefined): DashboardRecord {
    const found = dashboards.get(name ?? '')
    if (!found) throw new AwsError('DashboardNotFoundError', `Dashboard ${name} does not exist`, 404)
    return found
  }

  return { PutDashboard: put, GetDashboard: get, ListDashboards: list, DeleteDashboards: remove }
}

/** As far as a dashboard is looked at: an object with a list of widgets that have a type. */
function check(body: string): DashboardValidationMessage[] {
  let parsed: { widgets?: unknown }
  try {
    parsed = JSON.parse(body)
  } catch {
    return [{ Message: 'The dashboard body is not JSON' }]
  }
  if (!Array.isArray(parsed?.widgets))
    return [{ DataPath: '/widgets', Message: 'The field widgets must be a list' }]
  return parsed.widgets.flatMap((widget, at) =>
    typeof widget?.type === 'string'
      ? []
      : [{ DataPath: `/widgets/${at}`, Message: 'The field type is missing' }],
  )
}

function refused(dashboardValidationMessages: DashboardValidationMessage[]): AwsError {
  const told = dashboardValidationMessages.map(({ DataPath, Message }) =>
    `${DataPath ?? ''} ${Message}`.trim(),
  )
  return new AwsError(
    'DashboardInvalidInputError',
    `The field DashboardBody must be a valid JSON object: ${told.join('; ')}`,
    400,
    { dashboardValidationMessages },
  )
}
