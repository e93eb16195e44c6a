import type { Acknowledgement } from './acknowledgement.ts'

/** What cfn-lint and checkov find and what stays; paths are `<environment>/<stack>/<logical id>`. */
export const CHECKER_ACKNOWLEDGEMENTS: Acknowledgement[] = [
  {
    rules: ['W3010'],
    where: ['*/network/VpcpublicSubnet*', '*/network/VpcprivateSubnet*'],
    risk: 'an account in which a zone is full or has another name cannot take the template',
    accepted:
      'zones are data of the environment: a subnet that moves to another zone is replaced with all in it',
    owner: 'platform',
  },
  {
    rules: ['CKV_AWS_119'],
    where: ['*/compute/DeployLock*'],
    risk: 'who may read the table may read it without a key of ours',
    accepted: 'it holds who releases now and no health data; whoever releases must not need the key to that',
    owner: 'security',
  },
  {
    rules: ['CKV_AWS_18'],
    where: ['*/audit/AccessLogs*'],
    risk: 'nobody sees who reads the access logs there',
    accepted: 'a bucket that logs into itself never ends; CloudTrail has its management events',
    owner: 'security',
  },
  {
    rules: ['CKV_AWS_260'],
    where: [
      'dev/network/LoadBalancerGroup*',
      'staging/network/LoadBalancerGroup*',
      'prod/network/LoadBalancerGroup*',
    ],
    risk: 'a client’s first request travels in the clear',
    accepted: 'port 80 only redirects to HTTPS and reaches no task',
    owner: 'security',
  },
  {
    rules: ['W3037'],
    where: ['*/delivery/ReleasePolicy*'],
    risk: 'a misspelt action allows nothing, and preflight could not find an image’s signature',
    accepted:
      '`ecr:ListImageReferrers` is younger than cfn-lint’s list: it is an operation of the SDK’s model of ECR, by which the registry answers for signatures',
    owner: 'platform',
  },
  {
    rules: ['CKV_AWS_2', 'CKV_AWS_103'],
    where: ['local/edge/LoadBalancerProduction*', 'local/edge/LoadBalancerTest*'],
    risk: 'requests travel in the clear',
    accepted: 'they do not leave the laptop (docs/decisions/0007)',
    owner: 'platform',
  },
]
