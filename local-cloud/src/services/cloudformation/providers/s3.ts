import type { Provider, ProviderContext } from './provider.ts'
import { type BucketProperties, bucketSettings } from './s3-settings.ts'
import { flag, policyText, same } from './values.ts'

const bucket: Provider<BucketProperties> = {
  replaceOn: ['BucketName'],
  acts: [
    'BucketEncryption',
    'CorsConfiguration',
    'LifecycleConfiguration',
    'LoggingConfiguration',
    'ObjectLockConfiguration',
    'ObjectLockEnabled',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'VersioningConfiguration',
  ],
  nameProperty: 'BucketName',
  taggable: true,
  create: async (properties, context) => {
    const Bucket = properties.BucketName ?? context.generatedName(63).toLowerCase()
    const lock = flag(properties.ObjectLockEnabled) ? { ObjectLockEnabledForBucket: true } : {}
    await context.call('s3', 'CreateBucket', { Bucket, ...lock })
    context.made(Bucket)
    await apply(Bucket, properties, {}, context)
    return Bucket
  },
  update: (Bucket, properties, old, context) => apply(Bucket, properties, old, context),
  delete: (Bucket, _, context) => context.call('s3', 'DeleteBucket', { Bucket }).then(() => {}),
  attributes: (name, _, { region }) => ({
    Arn: `arn:aws:s3:::${name}`,
    DomainName: `${name}.s3.amazonaws.com`,
    RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
    WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
  }),
}

async function apply(
  Bucket: string,
  now: BucketProperties,
  old: BucketProperties,
  context: ProviderContext,
): Promise<void> {
  const after = bucketSettings(now)
  const before = bucketSettings(old)
  for (const { put, remove, input } of Object.values(after)) {
    const was = before[put]
    if (input && !same(input, was?.input)) await context.setting('s3', put, { Bucket, ...input })
    else if (!input && was?.input && remove) await context.setting('s3', remove, { Bucket })
  }
}

const bucketPolicy: Provider<{ Bucket?: string; PolicyDocument?: unknown }> = {
  replaceOn: ['Bucket'],
  acts: ['PolicyDocument'],
  create: async (properties, context) => {
    await put(properties, context)
    return String(properties.Bucket)
  },
  update: (_, properties, __, context) => put(properties, context),
  delete: (Bucket, _, context) => context.call('s3', 'DeleteBucketPolicy', { Bucket }).then(() => {}),
}

async function put(
  { Bucket, PolicyDocument }: { Bucket?: string; PolicyDocument?: unknown },
  context: ProviderContext,
): Promise<void> {
  await context.call('s3', 'PutBucketPolicy', { Bucket, Policy: policyText(PolicyDocument) })
}

export const S3: Record<string, Provider> = {
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
}
