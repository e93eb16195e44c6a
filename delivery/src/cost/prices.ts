/** A list price. */
export interface Price {
  usd: number
  /** What one such price buys. */
  unit: string
  /** The seller's page, where it can be checked. */
  page: string
  /**
   * `research`: read and noted when this was built; `quoted`: as known, and at least one stored public page or price table
   * of 2025 or 2026 (KMS, SQS, CloudTrail: an older one of AWS's own) says the same; `list`: as known, still to be checked.
   */
  from: 'research' | 'quoted' | 'list'
}

/** Of when and where the prices are; on demand, without discounts and free tiers other than those stated. */
export const PRICED = { date: '2026-11-24', region: 'us-east-1' }

/** Hours that AWS counts in a month. */
export const HOURS = 730

const aws = (usd: number, unit: string, page: string, from: Price['from'] = 'list'): Price => ({
  usd,
  unit,
  page: `https://aws.amazon.com/${page}/pricing/`,
  from,
})

/** Every price that the estimate uses, in USD. */
export const PRICES = {
  armVcpu: aws(0.03238, 'vCPU-hour, ARM64', 'fargate', 'research'),
  x86Vcpu: aws(0.04048, 'vCPU-hour, x86', 'fargate', 'research'),
  armMemory: aws(0.00356, 'GB-hour, ARM64', 'fargate'),
  x86Memory: aws(0.004445, 'GB-hour, x86', 'fargate', 'quoted'),
  natHour: aws(0.045, 'gateway-hour', 'vpc', 'research'),
  natByte: aws(0.045, 'GB through NAT', 'vpc', 'research'),
  endpointHour: aws(0.01, 'endpoint-hour and zone', 'privatelink', 'research'),
  endpointByte: aws(0.01, 'GB through an endpoint', 'privatelink', 'research'),
  publicAddress: aws(0.005, 'public IPv4 address-hour', 'vpc'),
  transferOut: aws(0.09, 'GB to the internet, first 10 TB', 'ec2', 'quoted'),
  albHour: aws(0.0225, 'load balancer-hour', 'elasticloadbalancing', 'quoted'),
  lcu: aws(0.008, 'LCU-hour', 'elasticloadbalancing', 'quoted'),
  wafAcl: aws(5, 'web ACL-month', 'waf', 'quoted'),
  wafRule: aws(1, 'rule-month', 'waf', 'quoted'),
  wafRequests: aws(0.6, 'million requests', 'waf', 'quoted'),
  dynamoWrite: aws(0.625, 'million write units, on demand', 'dynamodb', 'quoted'),
  dynamoRead: aws(0.125, 'million read units, on demand', 'dynamodb', 'quoted'),
  dynamoStorage: aws(0.25, 'GB-month', 'dynamodb', 'quoted'),
  dynamoPitr: aws(0.2, 'GB-month of point-in-time recovery', 'dynamodb', 'quoted'),
  backupStorage: aws(0.1, 'GB-month of DynamoDB backup, warm', 'backup'),
  s3Standard: aws(0.023, 'GB-month, Standard', 's3', 'quoted'),
  s3Cold: aws(0.004, 'GB-month, Glacier Instant Retrieval', 's3'),
  s3Put: aws(5, 'million PUT', 's3'),
  s3ColdTransition: aws(20, 'million transitions into Glacier Instant Retrieval', 's3'),
  sqsFifo: aws(0.5, 'million FIFO requests', 'sqs', 'quoted'),
  kmsKey: aws(1, 'key-month', 'kms', 'quoted'),
  kmsRequests: aws(3, 'million requests', 'kms', 'quoted'),
  secret: aws(0.4, 'secret-month', 'secrets-manager'),
  cognitoEssentials: aws(0.015, 'active user above 10,000, Essentials', 'cognito', 'research'),
  cognitoPlus: aws(0.02, 'active user, Plus', 'cognito', 'research'),
  cognitoLite: aws(0.0055, 'active user above 10,000, Lite', 'cognito', 'research'),
  alarm: aws(0.1, 'metric that an alarm reads-month', 'cloudwatch'),
  compositeAlarm: aws(0.5, 'composite alarm-month', 'cloudwatch'),
  metric: aws(0.3, 'custom metric-month, first 10,000', 'cloudwatch', 'quoted'),
  dashboard: aws(3, 'dashboard-month', 'cloudwatch', 'quoted'),
  logsIn: aws(0.5, 'GB of logs taken in', 'cloudwatch', 'quoted'),
  logsKept: aws(0.03, 'compressed GB-month of logs', 'cloudwatch'),
  trailData: aws(1, 'million data events', 'cloudtrail', 'quoted'),
  geminiIn: {
    usd: 1.25,
    unit: 'million tokens in, Gemini 2.5 Pro',
    page: 'https://cloud.google.com/vertex-ai/generative-ai/pricing',
    from: 'quoted',
  },
  geminiOut: {
    usd: 10,
    unit: 'million tokens out (thinking included), Gemini 2.5 Pro',
    page: 'https://cloud.google.com/vertex-ai/generative-ai/pricing',
    from: 'quoted',
  },
} satisfies Record<string, Price>

/** Share that Spot takes off on-demand Fargate: about 68 to 70 %. */
export const SPOT_DISCOUNT = 0.68
/** Active users whom Cognito Essentials and Lite do not charge. */
export const COGNITO_FREE = 10_000
