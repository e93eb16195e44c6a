import type { Environment } from './schema.ts'

/** Production: health data of real people, manual approval, MFA for all. */
export const prod: Environment = {
  name: 'prod',
  account: '124355672559',
  region: 'us-east-1',
  network: {
    cidr: '10.30.0.0/16',
    zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
    natGateways: 3,
    interfaceEndpoints: ['ecr.api', 'ecr.dkr', 'kms', 'logs', 'secretsmanager', 'sqs'],
    flowLogs: 'ALL',
    testClients: [],
  },
  loadBalancer: {
    baseUrl: 'https://clarity-loop.example',
    testBaseUrl: 'https://clarity-loop.example:8443',
    production: { port: 443, protocol: 'HTTPS' },
    test: { port: 8443, protocol: 'HTTPS' },
    healthCheckSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationSeconds: 30,
    requestsPerAddress: 2000,
  },
  api: { cpu: 1024, memory: 2048, desiredCount: 3, maxCount: 30, stopTimeoutSeconds: 45 },
  worker: {
    cpu: 512,
    memory: 1024,
    desiredCount: 2,
    maxCount: 20,
    stopTimeoutSeconds: 120,
    spot: false,
  },
  scaling: { requestsPerTarget: 600, cpuPercent: 60, memoryPercent: 75, queueAgeSeconds: 60 },
  deployment: {
    strategy: 'BLUE_GREEN',
    bakeMinutes: 15,
    testTimeoutMinutes: 30,
    approval: true,
    approvalTimeoutMinutes: 1440,
    drillRequired: 'staging',
  },
  backend: {
    skipExternalServices: false,
    geminiModel: 'gemini-2.5-pro',
    geminiAgreement: false,
    logLevel: 'info',
  },
  data: {
    protect: true,
    mfa: 'ON',
    logRetentionDays: 2192,
    rawColdAfterDays: 90,
    // six years: 45 CFR 164.316(b)(2)(i)
    evidenceRetentionDays: 2192,
    auditRetentionDays: 2192,
    backupDays: 365,
  },
  alerts: {
    emails: ['operations@clarity-loop.example', 'security@clarity-loop.example'],
    monthlyBudget: 1500,
    anomaly: 100,
  },
  repository: { owner: 'clarity-loop', name: 'clarity-loop', branch: 'main', provider: 'exists' },
  tags: { owner: 'clarity-loop', costCentre: 'production' },
}
