import type {
  Budget,
  CreateBudgetRequest,
  DescribeBudgetRequest,
  DescribeBudgetsRequest,
  DescribeNotificationsForBudgetRequest,
  DescribeSubscribersForNotificationRequest,
  Notification,
  NotificationWithSubscribers,
  UpdateBudgetRequest,
} from '@aws-sdk/client-budgets'
import { AwsError } from '../../core/aws-error.ts'
import type { Service, ServiceContext } from '../../core/service.ts'

interface BudgetRecord {
  budget: Budget
  notifications: NotificationWithSubscribers[]
  updatedAt: number
}

/** Entries on one page of a list, as on AWS. */
const PAGE = 100

/** Budgets: recorded. The laptop spends nothing, so actual spend is zero and no notification is ever due. */
export function createBudgets(context: ServiceContext): Service {
  const budgets = context.store.collection<BudgetRecord>('budgets', 'budget')

  function get(accountId: string | undefined, name: string | undefined): BudgetRecord {
    if (accountId !== context.accountId)
      throw new AwsError('AccessDeniedException', `Account ${accountId} is not this account`)
    const found = budgets.get(name ?? '')
    if (!found) throw absent(`Unable to get budget: ${name} - the budget doesn't exist.`)
    return found
  }

  function create(input: CreateBudgetRequest): object {
    const { Budget: budget, NotificationsWithSubscribers: notifications = [] } = input
    const name = budget?.BudgetName ?? ''
    if (!/^[^:\\]{1,100}$/.test(name)) throw invalid(`Invalid budget name: ${name}`)
    if (!budget?.BudgetType || !budget.TimeUnit) throw invalid('BudgetType and TimeUnit are required.')
    if (input.AccountId !== context.accountId)
      throw new AwsError('AccessDeniedException', `Account ${input.AccountId} is not this account`)
    if (budgets.get(name))
      throw new AwsError(
        'DuplicateRecordException',
        `Error creating budget: ${name} - the budget already exists.`,
      )
    budgets.put(name, { budget, notifications, updatedAt: context.clock.now() })
    return {}
  }

  function update(input: UpdateBudgetRequest): object {
    const known = get(input.AccountId, input.NewBudget?.BudgetName)
    budgets.put(known.budget.BudgetName as string, {
      ...known,
      budget: input.NewBudget as Budget,
      updatedAt: context.clock.now(),
    })
    return {}
  }

  function view({ budget, updatedAt }: BudgetRecord): Budget {
    const Unit = budget.BudgetLimit?.Unit ?? 'USD'
    return {
      CostTypes: undefined,
      TimePeriod: undefined,
      ...budget,
      CalculatedSpend: { ActualSpend: { Amount: '0.0', Unit } },
      LastUpdatedTime: new Date(updatedAt),
      HealthStatus: { Status: 'HEALTHY', LastUpdatedTime: new Date(updatedAt) },
    }
  }

  function subscribers(input: DescribeSubscribersForNotificationRequest) {
    const found = get(input.AccountId, input.BudgetName).notifications.find(one =>
      sameNotification(one.Notification, input.Notification),
    )
    if (!found)
      throw absent(`Unable to get subscribers of ${input.BudgetName} - the notification doesn't exist.`)
    return { Subscribers: found.Subscribers }
  }

  return {
    name: 'budgets',
    protocol: 'json',
    targetPrefix: 'AWSBudgetServiceGateway',
    jsonVersion: '1.1',
    operations: {
      CreateBudget: create,
      UpdateBudget: update,
      DeleteBudget: (input: DescribeBudgetRequest) => {
        budgets.delete(get(input.AccountId, input.BudgetName).budget.BudgetName as string)
        return {}
      },
      DescribeBudget: (input: DescribeBudgetRequest) => ({
        Budget: view(get(input.AccountId, input.BudgetName)),
      }),
      DescribeBudgets: (input: DescribeBudgetsRequest) => {
        const start = Number(input.NextToken ?? 0)
        const end = start + (input.MaxResults ?? PAGE)
        const all = budgets.list()
        return {
          Budgets: all.slice(start, end).map(view),
          NextToken: end < all.length ? String(end) : undefined,
        }
      },
      DescribeNotificationsForBudget: (input: DescribeNotificationsForBudgetRequest) => ({
        Notifications: get(input.AccountId, input.BudgetName).notifications.map(one => one.Notification),
      }),
      DescribeSubscribersForNotification: subscribers,
    },
  }
}

function sameNotification(a: Notification | undefined, b: Notification | undefined): boolean {
  return (
    a?.NotificationType === b?.NotificationType &&
    a?.ComparisonOperator === b?.ComparisonOperator &&
    Number(a?.Threshold) === Number(b?.Threshold)
  )
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

function absent(message: string): AwsError {
  return new AwsError('NotFoundException', message)
}
