import type { Environment } from './schema.ts'

/** Where every merge to `develop` lands: minimal sizes, short retention. */
export const dev: Environment = {
  name: 'dev',
  account: '124355672559',
  region: 'us-east-1',
  branch: 'develop',
  network: { cidr: '10.10.0.0/16', zones: ['us-east-1a', 'us-east-1b'], natGateways: 1 },
  loadBalancer: {
    baseUrl: 'https://dev.clarity-loop.example',
    testBaseUrl: 'https://dev.clarity-loop.example:8443',
    production: { port: 443, protocol: 'HTTPS' },
    test: { port: 8443, protocol: 'HTTPS' },
    healthCheckSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationSeconds: 15,
  },
  api: { cpu: 256, memory: 512, desiredCount: 1, maxCount: 2, stopTimeoutSeconds: 30 },
  worker: {
    cpu: 256,
    memory: 512,
    desiredCount: 1,
    maxCount: 2,
    stopTimeoutSeconds: 120,
    spot: true,
  },
  deployment: {
    strategy: 'BLUE_GREEN',
    bakeMinutes: 2,
    testTimeoutMinutes: 30,
    approval: false,
    approvalTimeoutMinutes: 1440,
  },
  backend: {
    skipExternalServices: false,
    geminiModel: 'gemini-2.5-pro',
    geminiAgreement: false,
    logLevel: 'debug',
  },
  data: {
    protect: false,
    mfa: 'OPTIONAL',
    logRetentionDays: 30,
    rawColdAfterDays: 90,
    evidenceRetentionDays: 30,
  },
  tags: { owner: 'clarity-loop', costCentre: 'development' },
}
