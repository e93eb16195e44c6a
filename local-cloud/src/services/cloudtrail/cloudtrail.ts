import type {
  CreateTrailRequest,
  DescribeTrailsRequest,
  EventSelector,
  GetTrailRequest,
  PutEventSelectorsRequest,
  StartLoggingRequest,
  Trail,
  UpdateTrailRequest,
} from '@aws-sdk/client-cloudtrail'
import { AwsError } from '../../core/aws-error.ts'
import type { Service, ServiceContext } from '../../core/service.ts'
import { createLookupEvents } from './lookup-events.ts'

interface TrailRecord {
  name: string
  arn: string
  settings: Omit<CreateTrailRequest, 'Name' | 'TagsList'>
  selectors: EventSelector[]
  advancedSelectors: unknown[]
  logging: boolean
  /** Milliseconds since the epoch. */
  startedAt?: number
  stoppedAt?: number
}

/** Trails: recorded, no event is written to their buckets. The event history is real: what this cloud was asked. */
export function createCloudTrail(context: ServiceContext): Service {
  const trails = context.store.collection<TrailRecord>('cloudtrail', 'trail')

  /** @throws AwsError `TrailNotFoundException` */
  function get(nameOrArn: string | undefined): TrailRecord {
    const found = trails.list().find(one => one.name === nameOrArn || one.arn === nameOrArn)
    if (!found) throw new AwsError('TrailNotFoundException', `Unknown trail: ${nameOrArn}`)
    return found
  }

  async function create(input: CreateTrailRequest): Promise<object> {
    const { Name: name = '', TagsList: _, ...settings } = input
    if (!/^[A-Za-z0-9][\w.-]{1,126}[A-Za-z0-9]$/.test(name))
      throw new AwsError(
        'InvalidTrailNameException',
        `Trail name ${name} must be 3 to 128 letters, digits, ., _ or -.`,
      )
    if (trails.get(name)) throw new AwsError('TrailAlreadyExistsException', `Trail ${name} already exists.`)
    await checkBucket(settings.S3BucketName)
    const arn = `arn:aws:cloudtrail:${context.region}:${context.accountId}:trail/${name}`
    const made = { name, arn, settings, selectors: [], advancedSelectors: [], logging: false }
    trails.put(name, made)
    return view(made)
  }

  async function checkBucket(Bucket: string | undefined): Promise<void> {
    try {
      await context.invoke('s3', 'HeadBucket', { Bucket }, 'cloudtrail.amazonaws.com')
    } catch (error) {
      if (!(error instanceof AwsError && error.status === 404)) throw error
      throw new AwsError('S3BucketDoesNotExistException', `S3 bucket ${Bucket} does not exist!`)
    }
  }

  async function update(input: UpdateTrailRequest): Promise<object> {
    const { Name, ...change } = input
    const known = get(Name)
    if (change.S3BucketName) await checkBucket(change.S3BucketName)
    const next = { ...known, settings: { ...known.settings, ...change } }
    trails.put(known.name, next)
    return view(next)
  }

  function view({ name, arn, settings, selectors }: TrailRecord): Trail {
    return {
      Name: name,
      TrailARN: arn,
      ...settings,
      HomeRegion: context.region,
      IncludeGlobalServiceEvents: settings.IncludeGlobalServiceEvents ?? true,
      IsMultiRegionTrail: settings.IsMultiRegionTrail ?? false,
      LogFileValidationEnabled: settings.EnableLogFileValidation ?? false,
      IsOrganizationTrail: settings.IsOrganizationTrail ?? false,
      HasCustomEventSelectors: selectors.length > 0,
      HasInsightSelectors: false,
    } as Trail
  }

  const turn = (logging: boolean) => (input: StartLoggingRequest) => {
    const known = get(input.Name)
    const at = context.clock.now()
    trails.put(known.name, { ...known, logging, ...(logging ? { startedAt: at } : { stoppedAt: at }) })
    return {}
  }

  function status(input: GetTrailRequest) {
    const { logging, startedAt, stoppedAt } = get(input.Name)
    const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at))
    return { IsLogging: logging, StartLoggingTime: time(startedAt), StopLoggingTime: time(stoppedAt) }
  }

  function putSelectors(input: PutEventSelectorsRequest) {
    const known = get(input.TrailName)
    const { EventSelectors: selectors = [], AdvancedEventSelectors: advancedSelectors = [] } = input
    trails.put(known.name, { ...known, selectors, advancedSelectors })
    return { TrailARN: known.arn, EventSelectors: selectors, AdvancedEventSelectors: advancedSelectors }
  }

  return {
    name: 'cloudtrail',
    protocol: 'json',
    targetPrefix: 'CloudTrail_20131101',
    jsonVersion: '1.1',
    operations: {
      CreateTrail: create,
      UpdateTrail: update,
      DeleteTrail: (input: StartLoggingRequest) => {
        trails.delete(get(input.Name).name)
        return {}
      },
      GetTrail: (input: GetTrailRequest) => ({ Trail: view(get(input.Name)) }),
      DescribeTrails: ({ trailNameList: names = [] }: DescribeTrailsRequest) => ({
        trailList: trails
          .list()
          .filter(one => names.length === 0 || names.includes(one.name) || names.includes(one.arn))
          .map(view),
      }),
      ListTrails: () => ({
        Trails: trails
          .list()
          .map(({ arn, name }) => ({ TrailARN: arn, Name: name, HomeRegion: context.region })),
      }),
      GetTrailStatus: status,
      LookupEvents: createLookupEvents(context),
      StartLogging: turn(true),
      StopLogging: turn(false),
      PutEventSelectors: putSelectors,
      GetEventSelectors: (input: PutEventSelectorsRequest) => {
        const { arn, selectors, advancedSelectors } = get(input.TrailName)
        return { TrailARN: arn, EventSelectors: selectors, AdvancedEventSelectors: advancedSelectors }
      },
    },
  }
}
