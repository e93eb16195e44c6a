import type { Environment } from './schema.ts'

/** Production-like, for the end-to-end suites; `main` lands here. */
export const staging: Environment = {
  name: 'staging',
  account: '124355672559',
  region: 'us-east-1',
  branch: 'main',
  network: { cidr: '10.20.0.0/16', zones: ['us-east-1a', 'us-east-1b'], natGateways: 1 },
  loadBalancer: {
    baseUrl: 'https://staging.clarity-loop.example',
    testBaseUrl: 'https://staging.clarity-loop.example:8443',
    production: { port: 443, protocol: 'HTTPS' },
    test: { port: 8443, protocol: 'HTTPS' },
    healthCheckSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationSeconds: 30,
  },
  api: { cpu: 512, memory: 1024, desiredCount: 2, maxCount: 4, stopTimeoutSeconds: 45 },
  worker: {
    cpu: 256,
    memory: 512,
    desiredCount: 1,
    maxCount: 4,
    stopTimeoutSeconds: 120,
    spot: true,
  },
  deployment: {
    strategy: 'BLUE_GREEN',
    bakeMinutes: 5,
    testTimeoutMinutes: 30,
    approval: false,
    approvalTimeoutMinutes: 1440,
  },
  backend: {
    skipExternalServices: false,
    geminiModel: 'gemini-2.5-pro',
    geminiAgreement: false,
    logLevel: 'info',
  },
  data: {
    protect: true,
    mfa: 'OPTIONAL',
    logRetentionDays: 90,
    rawColdAfterDays: 90,
    evidenceRetentionDays: 365,
  },
  tags: { owner: 'clarity-loop', costCentre: 'staging' },
}
