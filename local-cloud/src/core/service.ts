import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import type { Credentials } from './credentials.ts'
import type { Store } from './store.ts'

/** Who sends a request, as the signature proved. */
export interface Caller {
  accountId: string
  /** `arn:aws:iam::…:user/…`, `arn:aws:sts::…:assumed-role/…`, or a service principal such as `ecs.amazonaws.com`. */
  arn: string
  userId: string
  accessKeyId: string
}

export interface RequestContext {
  caller: Caller
  requestId: string
  /** Aborted when the client goes away or the cloud stops: long polls end on it. */
  signal: AbortSignal
}

/**
 * One operation. Input and output have the shapes of the AWS SDK for JavaScript (import the types from
 * `@aws-sdk/client-*`); the gateway does the wire format, so handlers return `Date` and `Uint8Array` values as such.
 * Over the query protocol every scalar arrives as a string: read it with `Number(…)` or `=== 'true'`.
 */
// biome-ignore lint/suspicious/noExplicitAny: each handler declares its own SDK shapes
export type Operation = (input: any, context: RequestContext) => unknown | Promise<unknown>

/** What a service of the local cloud is given: its whole world. */
export interface ServiceContext {
  accountId: string
  region: string
  /** `http://127.0.0.1:<port>`: the endpoint of this cloud, for URLs in answers. Known once the gateway listens. */
  endpoint(): string
  clock: Clock
  store: Store
  credentials: Credentials
  invoke: Invoke
  /** One line for the operator in the cloud's own log. Never health data, never a secret. */
  log(service: string, message: string, fields?: Record<string, unknown>): void
}

/**
 * Calls another service's operation in this process, with AWS's own names and shapes, as `principal`
 * (a role's ARN or a service principal). Services talk to each other this way and no other.
 * @throws AwsError as the operation does; 501 for what does not exist
 */
export type Invoke = <Output = unknown>(
  service: string,
  operation: string,
  input: object,
  principal: string,
) => Promise<Output>

/** A service reached by `X-Amz-Target` (json), by `Action` (query, ec2) or by method and path (rest). */
export type Service = {
  /** The name in the signature's scope, such as `ecs` or `elasticloadbalancing`. */
  name: string
  operations: Record<string, Operation>
  /** Operations that AWS takes without a signature (sign-up, sign-in). */
  anonymous?: ReadonlySet<string>
  /** What a call says of itself to the conditions of policies, beyond what every call does. */
  conditionKeys?(operation: string, input: Record<string, unknown>): Record<string, string[]>
  /** Requests known by their path alone, which bring their own authentication (registry, key sets). */
  paths?: { matches: RegExp; handle: RestHandler }[]
  /** Called in catalogue order once the endpoint is known: reload state, resume work. */
  start?(): void | Promise<void>
  /** Called when the cloud stops; must end within a few seconds. */
  stop?(): void | Promise<void>
} & (
  | {
      protocol: 'json'
      targetPrefix: string
      jsonVersion: '1.0' | '1.1'
      /** Names of errors as the query protocol has them, for a service that moved from query to json (SQS, CloudWatch). */
      queryErrorCodes?: Record<string, string>
      /** How such a service still answers the query protocol, to a client that sends a form. */
      query?: QueryFace
      /** Also answers Smithy RPC v2 with CBOR bodies (`/service/<targetPrefix>/operation/<name>`). */
      cbor?: boolean
    }
  | { protocol: 'query' | 'ec2'; apiVersion: string; xmlNamespace: string }
  | {
      protocol: 'rest'
      handle: RestHandler
      /** The operation that a request asks for, for faults that name one. @default unknown */
      operationOf?(request: IncomingMessage): string | undefined
    }
)

/** The query protocol of a service that is written in the shapes of its JSON protocol. */
export interface QueryFace {
  xmlNamespace: string
  /** Turns what the form says, folded, into the operation's input. @default as it is */
  read?(form: Record<string, unknown>, path: string): Record<string, unknown>
  /** The output in the shape that its elements have. @default as it is */
  write?(operation: string, output: Record<string, unknown>): Record<string, unknown>
  /** Whether lists are repeated elements, without `<member>`. @default false */
  flattened?: boolean
}

/** A verified request whose body has not been read yet. Throw `AwsError` to refuse it. */
export type RestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext & {
    signature?: VerifiedSignature
    /**
     * Asks IAM whether the caller may do an operation, for a service that reads its own requests.
     * @throws AwsError `AccessDenied`
     */
    authorize?(operation: string, input: Record<string, unknown>, callerArn: string): void
  },
) => Promise<void>

/** What a streaming service needs to verify the rest of a signed payload. Absent on anonymous requests. */
export interface VerifiedSignature {
  /** The declared hash: hex SHA-256, `UNSIGNED-PAYLOAD` or `STREAMING-…`. */
  payloadHash: string
  signature: string
  signingKey: Buffer
  /** `20261124/us-east-1/s3/aws4_request` */
  scope: string
  /** `20261124T102345Z` */
  date: string
}

export type CreateService = (context: ServiceContext) => Service
