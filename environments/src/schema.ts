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
    /**
     * The tasks' way to the internet, which Gemini needs: USD 0.045 an hour (33 a month) each and 0.045 a GB
     * (us-east-1, November 2026). One serves all zones; one a zone outlives the loss of a zone.
     */
    natGateways: number
    /**
     * AWS services reached without NAT, by endpoint name (`ecr.api`): USD 0.01 an hour and zone (7.30 a month) each
     * and 0.01 a GB. Cheaper than NAT for a service above 210 GB a month and zone; health data then stays off the
     * internet. S3 and DynamoDB have free gateway endpoints everywhere.
     */
    interfaceEndpoints: string[]
    /** Which traffic the flow logs keep. */
    flowLogs: 'ALL' | 'REJECT'
    /** IPv4 ranges that may speak to the test listener, beside the network's own NAT addresses. */
    testClients: string[]
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
    /** Requests in five minutes after which WAF blocks an address. */
    requestsPerAddress: number
    /** ARN of a certificate that exists. @default one is asked for and validated by DNS */
    certificateArn?: string
    /** The Route 53 zone of `baseUrl`'s name. @default none: a person validates the certificate and points the name */
    hostedZone?: { id: string; name: string }
  }
  api: TaskSize & { desiredCount: number; maxCount: number; stopTimeoutSeconds: number }
  worker: TaskSize & { desiredCount: number; maxCount: number; stopTimeoutSeconds: number; spot: boolean }
  scaling: {
    /** Requests a minute that one API task takes before another joins it. */
    requestsPerTarget: number
    /** Percent of the reserved CPU of either service. */
    cpuPercent: number
    /** Percent of the reserved memory of either service. */
    memoryPercent: number
    /** Age of the oldest message at which workers are added. */
    queueAgeSeconds: number
  }
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
    /**
     * Ask Gemini by Vertex AI, the only way that an agreement can cover: as a service account, for which Google takes the
     * task's role. Absent: health facts leave for no model.
     */
    vertex?: {
      project: string
      /** Such as `us-central1`. */
      location: string
      /** `//iam.googleapis.com/projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
      audience: string
      serviceAccount: string
    }
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
    /** Days for which nobody may change or delete what CloudTrail wrote. */
    auditRetentionDays: number
    /** Days for which a backup of the table is kept, beside 35 days of point-in-time recovery. */
    backupDays: number
  }
  alerts: {
    /** Who is written to; each must confirm a mail of SNS. A pager subscribes to the topic itself. */
    emails: string[]
    /** USD a month: mail at 80 % spent, and when more than all of it is forecast. */
    monthlyBudget: number
    /** USD of unusual cost above which mail goes out. */
    anomaly: number
  }
  /** The repository whose workflows may release here. */
  repository: {
    owner: string
    name: string
    /** The branch from which releases come. */
    branch: string
    /**
     * GitHub's ids (`gh api repos/<owner>/<name>`), which are in the subjects of repositories made, renamed or
     * transferred since 15 July 2026. @default only the older subject is trusted
     */
    ids?: { owner: string; repository: string }
    /** An account has one OIDC provider for GitHub: `create` in the first environment of an account. */
    provider: 'create' | 'exists'
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
