import type { Environment } from './schema.ts'

/** The laptop: production's shape and names, small sizes, on 127.0.0.1. */
export const local: Environment = {
  name: 'local',
  account: '124355672559',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:4566',
  network: { cidr: '10.0.0.0/16', zones: ['us-east-1a', 'us-east-1b'], natGateways: 1 },
  loadBalancer: {
    baseUrl: 'http://127.0.0.1:8000',
    testBaseUrl: 'http://127.0.0.1:8010',
    production: { port: 8000, protocol: 'HTTP' },
    test: { port: 8010, protocol: 'HTTP' },
    healthCheckSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationSeconds: 5,
  },
  api: { cpu: 256, memory: 512, desiredCount: 2, maxCount: 4, stopTimeoutSeconds: 10 },
  worker: { cpu: 256, memory: 512, desiredCount: 1, maxCount: 2, stopTimeoutSeconds: 10, spot: false },
  deployment: {
    strategy: 'BLUE_GREEN',
    bakeMinutes: 2,
    testTimeoutMinutes: 10,
    approval: false,
    approvalTimeoutMinutes: 60,
    // for rehearsals of the other strategies: CLARITY_STRATEGY
    canaryPercent: 10,
    canaryBakeMinutes: 1,
    linearStepPercent: 25,
    linearStepBakeMinutes: 1,
  },
  backend: {
    skipExternalServices: false,
    geminiModel: 'gemini-2.5-pro',
    geminiStandIn: true,
    geminiAgreement: false,
    logLevel: 'info',
  },
  data: {
    protect: false,
    mfa: 'OPTIONAL',
    logRetentionDays: 7,
    rawColdAfterDays: 90,
    evidenceRetentionDays: 1,
  },
  tags: { owner: 'clarity-loop', costCentre: 'local' },
}
