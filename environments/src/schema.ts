/** Everything in which environments differ. Data only: no environment has code of its own. */
export interface Environment {
  name: EnvironmentName
  /** AWS account, twelve digits. */
  account: string
  region: string
  /** The AWS endpoint; absent for AWS itself. `CLARITY_AWS_ENDPOINT` overrides it. */
  endpoint?: string
  /** The branch whose commits are deployed here automatically. */
  branch?: string
  network: {
    /** IPv4 range of the VPC. */
    cidr: string
    zones: string[]
    natGateways: number
  }
  loadBalancer: {
    /** How clients reach the production listener, without a trailing slash. */
    baseUrl: string
    /** How the suites reach the test listener. */
    testBaseUrl: string
    production: Listener
    test: Listener
    /** Seconds between health checks of a target. */
    healthCheckSeconds: number
    healthyThreshold: number
    unhealthyThreshold: number
    /** Seconds in which a deregistered target may finish its requests. */
    deregistrationSeconds: number
  }
  api: TaskSize & { desiredCount: number; maxCount: number; stopTimeoutSeconds: number }
  worker: TaskSize & { desiredCount: number; maxCount: number; stopTimeoutSeconds: number; spot: boolean }
  deployment: {
    strategy: 'ROLLING' | 'BLUE_GREEN' | 'CANARY' | 'LINEAR'
    /** Minutes for which the old revision stands by after the shift. */
    bakeMinutes: number
    /** Minutes for which ECS waits for the suites before it rolls back. */
    testTimeoutMinutes: number
    /** Whether a person must approve before production traffic shifts. */
    approval: boolean
    approvalTimeoutMinutes: number
    /** CANARY: percent of production traffic in the first step. @default 5 */
    canaryPercent?: number
    /** CANARY: minutes between the first step and the rest. @default 10 */
    canaryBakeMinutes?: number
    /** LINEAR: percent of production traffic in each step. @default 10 */
    linearStepPercent?: number
    /** LINEAR: minutes between two steps. @default 6 */
    linearStepBakeMinutes?: number
    /** CloudWatch alarms for which ECS itself rolls a deployment back. @default none */
    alarms?: string[]
    /** What the prober may lose of production between shift and end before the release is taken back. */
    prober?: {
      /** @default 5 */
      perSecond?: number
      /** @default 5 */
      lostInARow?: number
      /** @default 10 */
      lostInTotal?: number
      /** Share of answers that may take longer than a second, once there are enough of them. @default 0.2 */
      slowShare?: number
    }
    /**
     * Where a rollback drill must have passed lately (under 120 s, younger than 30 days) before a release here;
     * absent where none is asked for.
     */
    drillRequired?: EnvironmentName
  }
  backend: {
    /** Word insights without calling Gemini. */
    skipExternalServices: boolean
    geminiModel: string
    /**
     * Have the stand-in for Gemini word insights, which the local cloud serves beside AWS. Only where the endpoint is on
     * 127.0.0.1: no fact leaves the machine. @default false
     */
    geminiStandIn?: boolean
    /** Whether an agreement with Google covers health data; without one no fact leaves for Gemini. */
    geminiAgreement: boolean
    logLevel: 'debug' | 'info' | 'warn' | 'error'
  }
  data: {
    /** Whether deletion protection, retention and object lock guard the data. */
    protect: boolean
    mfa: 'OFF' | 'OPTIONAL' | 'ON'
    logRetentionDays: number
    rawColdAfterDays: number
    /** Days for which nobody may change or delete the evidence of a deployment. */
    evidenceRetentionDays: number
  }
  tags: { owner: string; costCentre: string }
}

export type EnvironmentName = 'local' | 'dev' | 'staging' | 'prod'

export interface Listener {
  port: number
  protocol: 'HTTP' | 'HTTPS'
}

export interface TaskSize {
  /** CPU units: 1024 is one vCPU. */
  cpu: 256 | 512 | 1024 | 2048 | 4096
  /** MiB. */
  memory: number
}
