/** One quota of an account, as AWS has it. */
export interface Quota {
  service: string
  code: string
  name: string
  /** What a new account has. */
  default: number
  /** What this account has, where it was raised. */
  applied?: number
  adjustable: boolean
}

/** Names of the services whose quotas are known. */
export const SERVICES: Record<string, string> = {
  ec2: 'Amazon Elastic Compute Cloud (Amazon EC2)',
  elasticloadbalancing: 'Elastic Load Balancing (ELB)',
  fargate: 'AWS Fargate',
  vpc: 'Amazon Virtual Private Cloud (Amazon VPC)',
}

const FARGATE = { service: 'fargate', default: 6, applied: 256, adjustable: true }
const VPC = { service: 'vpc', adjustable: true }

/**
 * The quotas that this repository asks for or names. Defaults: "Service quotas" of each user guide. Fargate's are those of
 * an account in use: AWS raises them by itself, and 6 would not carry production (preflight wants 8, for twice its tasks).
 */
export const QUOTAS: Quota[] = [
  {
    service: 'ec2',
    code: 'L-0263D0A3',
    name: 'EC2-VPC Elastic IPs',
    default: 5,
    adjustable: true,
  },
  {
    service: 'elasticloadbalancing',
    code: 'L-53DA6B97',
    name: 'Application Load Balancers per Region',
    default: 50,
    adjustable: true,
  },
  { ...FARGATE, code: 'L-3032A538', name: 'Fargate On-Demand vCPU resource count' },
  { ...FARGATE, code: 'L-36FBB829', name: 'Fargate Spot vCPU resource count' },
  { ...VPC, code: 'L-F678F1CE', name: 'VPCs per Region', default: 5 },
  { ...VPC, code: 'L-FE5A380F', name: 'NAT gateways per Availability Zone', default: 5 },
  { ...VPC, code: 'L-DF5E4CA3', name: 'Network interfaces per Region', default: 5000 },
]
