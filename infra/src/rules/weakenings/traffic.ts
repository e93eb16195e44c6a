import type { Json } from '../rule.ts'
import { remove, replaceText, set, type Weakening } from './weakening.ts'

/** Ways to open the network, break a release, or look away. */
export const TRAFFIC_WEAKENINGS: Weakening[] = [
  {
    does: 'opens SSH to the internet',
    rule: 'open-to-clients-only',
    where: 'network/LoadBalancerGroup3',
    change: (_, properties) => {
      const rules = properties.SecurityGroupIngress as Json[]
      rules.push({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 22, ToPort: 22 })
      return undefined
    },
  },
  {
    does: 'opens the test listener to a stranger',
    rule: 'test-traffic-closed',
    where: 'network/TestTraffic1',
    change: set('CidrIp', '203.0.113.0/24'),
  },
  {
    does: 'reaches tasks past the load balancer',
    rule: 'tasks-reached-by-load-balancer',
    where: 'network/TaskGroupfrom',
    change: (_, properties) => {
      properties.CidrIp = '10.0.0.0/8'
      return undefined
    },
  },
  {
    does: 'lets tasks speak to anybody on any port',
    rule: 'egress-named',
    where: 'network/TaskGroup9',
    change: set('SecurityGroupEgress', [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }]),
  },
  {
    does: 'gives tasks’ subnets public addresses',
    rule: 'private-tasks',
    where: 'network/VpcprivateSubnet1Subnet',
    change: set('MapPublicIpOnLaunch', true),
  },
  {
    does: 'takes TLS 1.2',
    rule: 'tls-1.3',
    where: 'edge/LoadBalancerProduction',
    change: set('SslPolicy', 'ELBSecurityPolicy-TLS13-1-2-2021-06'),
  },
  {
    does: 'serves plain HTTP',
    rule: 'tls-1.3',
    where: 'edge/LoadBalancerRedirect',
    change: set('DefaultActions', [{ Type: 'forward' }]),
  },
  {
    does: 'logs no access',
    rule: 'load-balancer-hardened',
    where: 'edge/LoadBalancerBE',
    change: replaceText(
      '"access_logs.s3.enabled","Value":"true"',
      '"access_logs.s3.enabled","Value":"false"',
    ),
  },
  {
    does: 'checks green’s health less often than blue’s',
    rule: 'target-groups-matched',
    where: 'edge/Green',
    change: set('HealthCheckIntervalSeconds', 30),
  },
  {
    does: 'forgets green in the production rule',
    rule: 'rules-forward-to-both',
    where: 'edge/ProductionRule',
    change: replaceText('{"TargetGroupArn":{"Ref":"Green', '{"TargetGroupArn":{"Ref":"Blue'),
  },
  {
    does: 'lets the firewall only count',
    rule: 'firewall-blocks',
    where: 'edge/Firewall',
    change: replaceText('"OverrideAction":{"None":{}}', '"OverrideAction":{"Count":{}}'),
  },
  {
    does: 'blocks every upload',
    rule: 'uploads-survive',
    where: 'edge/Firewall',
    change: replaceText('/api/v1/imports', '/nowhere'),
  },
  {
    does: 'lets tags of images be moved',
    rule: 'images-immutable',
    where: 'compute/Repository',
    change: set('ImageTagMutability', 'MUTABLE'),
  },
  {
    does: 'deletes the image that a rollback needs',
    rule: 'released-images-kept',
    where: 'compute/Repository',
    change: replaceText('\\"untagged\\"', '\\"any\\"'),
  },
  {
    does: 'scales on the blue target group alone',
    rule: 'scales-both-ways',
    where: 'scaling/ApiRequests',
    change: replaceText('greentargetgroup', 'bluetargetgroup'),
  },
  {
    does: 'takes the alarm on errors away',
    rule: 'alarms-complete',
    where: 'observability/AlarmApiErrorRate',
    change: remove,
  },
  {
    does: 'silences an alarm',
    rule: 'alarms-act',
    where: 'observability/AlarmDeadLetters',
    change: set('AlarmActions', []),
  },
  {
    does: 'forgives five seconds',
    rule: 'objectives-kept',
    where: 'observability/AlarmApiLatency',
    change: set('Threshold', 5),
  },
  {
    does: 'does not look for the root user',
    rule: 'account-watched',
    where: 'detection/Filterrootused',
    change: remove,
  },
  {
    does: 'tells nobody of spent money',
    rule: 'costs-watched',
    where: 'observability/Budget',
    change: remove,
  },
  {
    does: 'forgets who pays',
    rule: 'tagged',
    where: 'data/HealthData',
    change: replaceText('"cost-center"', '"centre"'),
  },
  {
    does: 'calls health data internal',
    rule: 'health-data-marked',
    where: 'data/RawData',
    change: replaceText('"phi"', '"internal"'),
  },
]
