import type { Properties, Provider, ProviderContext } from './provider.ts'
import { defined, flag } from './values.ts'

type Spend = { Amount?: unknown; Unit?: string }
type BudgetProperties = { Budget?: Properties; NotificationsWithSubscribers?: Properties[] }

const budget: Provider<BudgetProperties> = {
  recorded: true,
  replaceOn: ['NotificationsWithSubscribers', 'ResourceTags'],
  create: async ({ Budget = {}, NotificationsWithSubscribers = [] }, context) => {
    const BudgetName = String(Budget.BudgetName ?? context.generatedName(100))
    await context.call('budgets', 'CreateBudget', {
      AccountId: context.accountId,
      Budget: { ...inApiShape(Budget), BudgetName },
      NotificationsWithSubscribers,
    })
    return BudgetName
  },
  update: (BudgetName, { Budget = {} }, _, context) =>
    context
      .call('budgets', 'UpdateBudget', {
        AccountId: context.accountId,
        NewBudget: { ...inApiShape(Budget), BudgetName },
      })
      .then(() => {}),
  delete: (BudgetName, _, context) =>
    context.call('budgets', 'DeleteBudget', { AccountId: context.accountId, BudgetName }).then(() => {}),
}

/** Amounts are numbers in templates and text in the API. */
function inApiShape({ BudgetLimit, ...rest }: Properties): Properties {
  if (BudgetLimit === undefined) return rest
  const { Amount, Unit } = BudgetLimit as Spend
  return { ...rest, BudgetLimit: { Amount: String(Amount), Unit } }
}

const trail: Provider = {
  recorded: true,
  replaceOn: ['TrailName'],
  nameProperty: 'TrailName',
  create: async (properties, context) => {
    const Name = String(properties.TrailName ?? context.generatedName(128))
    await context.call('cloudtrail', 'CreateTrail', { Name, ...trailSettings(properties) })
    context.made(Name)
    await applyTrail(Name, properties, context)
    return Name
  },
  update: async (Name, properties, _, context) => {
    await context.call('cloudtrail', 'UpdateTrail', { Name, ...trailSettings(properties) })
    await applyTrail(Name, properties, context)
  },
  delete: (Name, _, context) => context.call('cloudtrail', 'DeleteTrail', { Name }).then(() => {}),
  attributes: (name, { SnsTopicName }, { region, accountId }) => ({
    Arn: `arn:aws:cloudtrail:${region}:${accountId}:trail/${name}`,
    SnsTopicArn: SnsTopicName ? `arn:aws:sns:${region}:${accountId}:${SnsTopicName}` : '',
  }),
}

function trailSettings(properties: Properties): Properties {
  const booleans = Object.fromEntries(
    ['EnableLogFileValidation', 'IncludeGlobalServiceEvents', 'IsMultiRegionTrail', 'IsOrganizationTrail']
      .filter(name => properties[name] !== undefined)
      .map(name => [name, flag(properties[name])]),
  )
  return defined({
    ...booleans,
    CloudWatchLogsLogGroupArn: properties.CloudWatchLogsLogGroupArn,
    CloudWatchLogsRoleArn: properties.CloudWatchLogsRoleArn,
    KmsKeyId: properties.KMSKeyId,
    S3BucketName: properties.S3BucketName,
    S3KeyPrefix: properties.S3KeyPrefix,
    SnsTopicName: properties.SnsTopicName,
  })
}

async function applyTrail(Name: string, properties: Properties, context: ProviderContext): Promise<void> {
  const { EventSelectors, AdvancedEventSelectors } = properties
  if (EventSelectors || AdvancedEventSelectors)
    await context.call('cloudtrail', 'PutEventSelectors', {
      TrailName: Name,
      ...defined({ EventSelectors, AdvancedEventSelectors }),
    })
  await context.call('cloudtrail', flag(properties.IsLogging) ? 'StartLogging' : 'StopLogging', { Name })
}

/** What accounts are governed by: kept, and answered by their own narrow APIs. */
export const GOVERNANCE: Record<string, Provider> = {
  'AWS::Budgets::Budget': budget,
  'AWS::CloudTrail::Trail': trail,
}
