import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

const Flag = (description: string) => Type.Optional(Type.Enum(['true', 'false'], { description }))
const Seconds = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$', description }))
const Rate = (description: string, usual: number) =>
  Type.Optional(
    Type.String({ pattern: '^\\d{1,7}$', description: `${description}. 0: no limit. Default ${usual}` }),
  )
const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s/]+', description })

const Common = {
  ENVIRONMENT: Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$', description: 'local, dev, staging or prod' }),
  RELEASE: Type.String({
    pattern: '^[\\w.:/+-]{1,128}$',
    description: 'What runs, such as a commit; shown in every answer',
  }),
  AWS_REGION: Type.String({ pattern: '^[a-z]{2}(-[a-z]+)+-\\d$', description: 'Region of the AWS services' }),
  AWS_ENDPOINT_URL: Type.Optional(
    Url('Endpoint of a local AWS; absent on AWS. The SDKs read it by themselves'),
  ),
  LOG_LEVEL: Type.Optional(
    Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], { description: 'Default info' }),
  ),
  TABLE_NAME: Type.String({ pattern: '^[\\w.-]{3,255}$', description: 'DynamoDB table' }),
  RAW_BUCKET: Type.String({ pattern: '^[a-z0-9.-]{3,63}$', description: 'S3 bucket of the raw uploads' }),
  QUEUE_URL: Url('SQS FIFO queue from the API to the worker'),
  USER_POOL_ID: Type.String({ pattern: '^[\\w-]+_[0-9A-Za-z]+$', description: 'Cognito user pool' }),
  SEALING_KMS_ARN: Type.Optional(
    Type.String({
      pattern: '^[\\w:/-]{1,256}$',
      description:
        'KMS key, by id or ARN, that seals insights in the table. Absent: they have its encryption alone',
    }),
  ),
  STOP_TIMEOUT_SECONDS: Seconds(
    "The container's stop timeout; work is finished two seconds earlier. Default 10",
  ),
}

/** The environment of the worker: every variable it reads. */
export const WorkerEnvironment = Type.Object(Common)

/** The environment of the API: every variable it reads. */
export const ApiEnvironment = Type.Object({
  ...Common,
  PORT: Type.Optional(
    Type.String({ pattern: '^\\d{1,5}$', description: 'TCP port; 0 takes a free one. Default 8000' }),
  ),
  HOST: Type.Optional(
    Type.String({ pattern: '^[\\w.:-]+$', description: 'Address to listen on. Default 0.0.0.0' }),
  ),
  USER_POOL_CLIENT_ID: Type.String({
    pattern: '^[\\w+]{1,128}$',
    description: 'Its app client, without a secret',
  }),
  COGNITO_ISSUER: Type.Optional(Url('Issuer of access tokens. Default: the URL that AWS gives the pool')),
  SKIP_EXTERNAL_SERVICES: Flag('true: word insights without calling Gemini. Default false'),
  GEMINI_API_KEY: Type.Optional(
    Type.String({ description: 'Secret. Absent: insights are worded without Gemini' }),
  ),
  GEMINI_MODEL: Type.Optional(Type.String({ pattern: '^[\\w.-]+$', description: 'Default gemini-2.5-pro' })),
  GEMINI_BASE_URL: Type.Optional(
    Url(
      "Where to reach Gemini: on this machine, or a gateway before Vertex AI. Default: Google's own address",
    ),
  ),
  GEMINI_BAA: Flag(
    'true: a business associate agreement with Google covers Vertex AI. Without it, or without Vertex AI, no health fact ' +
      'leaves this machine',
  ),
  GEMINI_VERTEX_PROJECT: Type.Optional(
    Type.String({
      pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]$',
      description: 'Google Cloud project: ask Gemini by Vertex AI. Needs the other GEMINI_VERTEX_ variables',
    }),
  ),
  GEMINI_VERTEX_LOCATION: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]{2,40}$',
      description: 'Location of Vertex AI: europe-west4, us-central1, global',
    }),
  ),
  GEMINI_VERTEX_AUDIENCE: Type.Optional(
    Type.String({
      pattern: '^//iam\\.googleapis\\.com/[\\w./-]+$',
      description: "Workload identity provider that takes the task's AWS role",
    }),
  ),
  GEMINI_VERTEX_SERVICE_ACCOUNT: Type.Optional(
    Type.String({ pattern: '^[\\w.-]+@[\\w.-]+$', description: 'Service account that may use Vertex AI' }),
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/,*]+(,https?://[^\\s/,*]+)*$',
      description: 'Origins whose web pages may ask, separated by commas. Default none',
    }),
  ),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      pattern: '^\\d$',
      description:
        'How many proxies stand before this, each of which adds an address to X-Forwarded-For. Default 1, the load balancer',
    }),
  ),
  RATE_LIMIT_USER: Rate('Requests a minute of one signed-in person, in one task', 6000),
  RATE_LIMIT_ADDRESS: Rate('Requests a minute from one address, in one task', 60_000),
  RATE_LIMIT_AUTH: Rate('Requests a minute from one address to sign up, in or recover, in one task', 120),
  RATE_LIMIT_ACCOUNT: Rate('The same that name one e-mail address, in one task', 20),
  MAX_IN_FLIGHT: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{0,4}$',
      description: 'Requests in hand at once; more are answered 503 with Retry-After. Default 1000',
    }),
  ),
  MAX_LOOP_DELAY_MS: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{1,4}$',
      description: 'How late the event loop may run before requests are answered 503. Default 1000',
    }),
  ),
  GEMINI_BUDGET_MS: Type.Optional(
    Type.String({
      pattern: '^[1-9]\\d{2,4}$',
      description:
        'What wording an insight may take, in milliseconds; then plain rules word it. Default 2000',
    }),
  ),
})

export interface WorkerConfig {
  environment: string
  release: string
  region: string
  /** Endpoint of a local AWS. */
  endpoint?: string
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  table: string
  bucket: string
  queueUrl: string
  userPoolId: string
  /** KMS key that seals insights. */
  dataKeyId?: string
  /** When to give up finishing work after a stop signal, in milliseconds. */
  stopDeadlineMs: number
}

export interface ApiConfig extends WorkerConfig {
  port: number
  host: string
  userPoolClientId: string
  /** Issuer of access tokens, without a trailing slash. */
  issuer: string
  skipExternalServices: boolean
  origins: string[]
  trustedProxies: number
  /** Requests a minute; 0 sets no limit. */
  limits: { user: number; address: number; auth: number; account: number }
  overload: { inFlight: number; loopDelayMs: number }
  gemini: {
    apiKey?: string
    model: string
    baseUrl?: string
    baa: boolean
    /** Present: ask by Vertex AI, as this service account. */
    vertex?: { project: string; location: string; audience: string; serviceAccount: string }
    budgetMs: number
  }
}

/** A variable that is missing or malformed. The message names it and never shows its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads the worker's configuration. @throws ConfigError naming every missing or malformed variable, in one line */
export function workerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  return common(check(WorkerEnvironment, env))
}

/** Reads the API's configuration. @throws ConfigError naming every missing or malformed variable, in one line */
export function apiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  const given = check(ApiEnvironment, env)
  const port = Number(given.PORT ?? 8000)
  if (port > 65_535) throw new ConfigError('PORT is malformed: a TCP port is at most 65535')
  const region = given.USER_POOL_ID.split('_')[0]
  return {
    ...common(given),
    port,
    host: given.HOST ?? '0.0.0.0',
    userPoolClientId: given.USER_POOL_CLIENT_ID,
    issuer: (
      given.COGNITO_ISSUER ?? `https://cognito-idp.${region}.amazonaws.com/${given.USER_POOL_ID}`
    ).replace(/\/+$/, ''),
    skipExternalServices: given.SKIP_EXTERNAL_SERVICES === 'true',
    origins: given.CORS_ORIGINS?.split(',') ?? [],
    trustedProxies: Number(given.TRUSTED_PROXIES ?? 1),
    limits: {
      user: Number(given.RATE_LIMIT_USER ?? 6000),
      address: Number(given.RATE_LIMIT_ADDRESS ?? 60_000),
      auth: Number(given.RATE_LIMIT_AUTH ?? 120),
      account: Number(given.RATE_LIMIT_ACCOUNT ?? 20),
    },
    overload: {
      inFlight: Number(given.MAX_IN_FLIGHT ?? 1000),
      loopDelayMs: Number(given.MAX_LOOP_DELAY_MS ?? 1000),
    },
    gemini: {
      apiKey: given.GEMINI_API_KEY,
      model: given.GEMINI_MODEL ?? 'gemini-2.5-pro',
      baseUrl: given.GEMINI_BASE_URL?.replace(/\/+$/, ''),
      baa: given.GEMINI_BAA === 'true',
      vertex: vertexOf(given),
      budgetMs: Number(given.GEMINI_BUDGET_MS ?? 2000),
    },
  }
}

function vertexOf(given: Static<typeof ApiEnvironment>): ApiConfig['gemini']['vertex'] {
  const {
    GEMINI_VERTEX_PROJECT: project,
    GEMINI_VERTEX_LOCATION: location,
    GEMINI_VERTEX_AUDIENCE: audience,
    GEMINI_VERTEX_SERVICE_ACCOUNT: serviceAccount,
  } = given
  if (!project) return undefined
  if (location && audience && serviceAccount) return { project, location, audience, serviceAccount }
  const missing = [
    location ? [] : 'GEMINI_VERTEX_LOCATION',
    audience ? [] : 'GEMINI_VERTEX_AUDIENCE',
    serviceAccount ? [] : 'GEMINI_VERTEX_SERVICE_ACCOUNT',
  ].flat()
  throw new ConfigError(missing.map(name => `${name} is missing (GEMINI_VERTEX_PROJECT needs it)`).join('; '))
}

function common(given: Static<typeof WorkerEnvironment>): WorkerConfig {
  return {
    environment: given.ENVIRONMENT,
    release: given.RELEASE,
    region: given.AWS_REGION,
    endpoint: given.AWS_ENDPOINT_URL,
    logLevel: given.LOG_LEVEL ?? 'info',
    table: given.TABLE_NAME,
    bucket: given.RAW_BUCKET,
    queueUrl: given.QUEUE_URL,
    userPoolId: given.USER_POOL_ID,
    dataKeyId: given.SEALING_KMS_ARN,
    stopDeadlineMs: Math.max(1, Number(given.STOP_TIMEOUT_SECONDS ?? 10) - 2) * 1000,
  }
}

/** An empty variable counts as absent: task definitions and shells cannot always leave one out. */
function check<S extends Type.TObject>(schema: S, env: NodeJS.ProcessEnv): Static<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value))
  const validator = Compile(schema)
  if (validator.Check(given)) return given as Static<S>
  const faults = validator.Errors(given).flatMap(error => {
    if (error.keyword === 'required')
      return error.params.requiredProperties.map(name => fault(schema, name, 'is missing'))
    return [fault(schema, error.instancePath.slice(1), 'is malformed')]
  })
  throw new ConfigError([...new Set(faults)].join('; '))
}

function fault(schema: Type.TObject, name: string, what: string): string {
  const {
    description = '',
    pattern,
    enum: values,
  } = schema.properties[name] as {
    description?: string
    pattern?: string
    enum?: string[]
  }
  const form = values ? `, one of ${values.join(', ')}` : pattern ? `, of the form ${pattern}` : ''
  return `${name} ${what} (${description}${form})`
}
