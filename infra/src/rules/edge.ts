import { namesOf } from '@clarity/environments'
import { at, type Json, listOf, type Resource, type Rule } from './rule.ts'

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener'
const LISTENER_RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule'

/** TLS 1.3 and nothing older, with and without post-quantum key exchange and FIPS (ELB security policies). */
const TLS_13_ONLY = new Set([
  'ELBSecurityPolicy-TLS13-1-3-2021-06',
  'ELBSecurityPolicy-TLS13-1-3-PQ-2025-09',
  'ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04',
  'ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09',
])

/** Rule groups that must block: known attackers, known exploits, the OWASP top ten. */
const MANAGED = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesCommonRuleSet',
]
/** What a group may only count, because rules of ours block what it labels, but for uploads. */
const COUNTED = ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY']

/** Attributes of the load balancer with the value that each must have. */
const ATTRIBUTES: Record<string, string> = {
  'routing.http.drop_invalid_header_fields.enabled': 'true',
  'access_logs.s3.enabled': 'true',
  'connection_logs.s3.enabled': 'true',
}

/** What holds of the load balancer, its listeners and the firewall before it. */
export const EDGE_RULES: Rule[] = [
  {
    name: 'tls-1.3',
    demands: 'clients are served over TLS 1.3 alone; plain HTTP only redirects',
    cites: ['164.312(e)(1)', '164.312(e)(2)(ii)'],
    notOnLoopback: true,
    check: ({ of }, find) => {
      for (const listener of of(LISTENER)) {
        const { Protocol, SslPolicy, Certificates, DefaultActions } = listener.properties
        if (Protocol === 'HTTPS') {
          if (!TLS_13_ONLY.has(String(SslPolicy))) find(listener, `its policy is ${SslPolicy}`)
          if (listOf(Certificates).length === 0) find(listener, 'it has no certificate')
        } else if (
          at(DefaultActions, 0, 'Type') !== 'redirect' ||
          at(DefaultActions, 0, 'RedirectConfig', 'Protocol') !== 'HTTPS'
        )
          find(listener, 'it serves plain HTTP')
      }
    },
  },
  {
    name: 'load-balancer-hardened',
    demands:
      'the load balancer drops malformed headers, logs accesses and connections, and bounds idle connections',
    cites: ['164.312(b)', '164.312(e)(1)'],
    check: ({ of, environment }, find) => {
      for (const balancer of of('AWS::ElasticLoadBalancingV2::LoadBalancer')) {
        const attributes = Object.fromEntries(
          (listOf(balancer.properties.LoadBalancerAttributes) as Json[]).map(({ Key, Value }) => [
            String(Key),
            String(Value),
          ]),
        )
        for (const [key, value] of Object.entries(ATTRIBUTES))
          if (attributes[key] !== value) find(balancer, `${key} is ${attributes[key] ?? 'not set'}`)
        if (!['defensive', 'strictest'].includes(attributes['routing.http.desync_mitigation_mode'] ?? ''))
          find(balancer, 'it forwards ambiguous requests')
        if (!(Number(attributes['idle_timeout.timeout_seconds']) <= 60))
          find(balancer, 'idle connections stay')
        if (!(Number(attributes['client_keep_alive.seconds']) <= 600))
          find(balancer, 'connections stay for long')
        if (environment.data.protect && attributes['deletion_protection.enabled'] !== 'true')
          find(balancer, 'it can be deleted')
      }
    },
  },
  {
    name: 'target-groups-matched',
    demands: 'blue and green differ in their names alone, so that a release behaves as the one before',
    check: ({ of }, find) => {
      const groups = of('AWS::ElasticLoadBalancingV2::TargetGroup')
      if (groups.length !== 2) return find('edge', `there are ${groups.length} target groups, not two`)
      const [blue, green] = groups as [Resource, Resource]
      for (const key of new Set([...Object.keys(blue.properties), ...Object.keys(green.properties)]))
        if (
          key !== 'Name' &&
          key !== 'Tags' &&
          JSON.stringify(blue.properties[key]) !== JSON.stringify(green.properties[key])
        )
          find(green, `its ${key} differs from blue’s`)
    },
  },
  {
    name: 'rules-forward-to-both',
    demands: 'the production and the test rule only forward, to blue and green, on listeners of their own',
    check: ({ of }, find) => {
      const rules = of(LISTENER_RULE)
      const pair = of('AWS::ElasticLoadBalancingV2::TargetGroup').map(({ id }) => id)
      if (rules.length !== 2) find('edge', `there are ${rules.length} listener rules, not two`)
      if (
        new Set(rules.map(({ properties }) => JSON.stringify(properties.ListenerArn))).size !== rules.length
      )
        find('edge', 'production and test traffic share a listener')
      for (const rule of rules) {
        const actions = listOf(rule.properties.Actions)
        const groups = listOf(at(actions, 0, 'ForwardConfig', 'TargetGroups')) as Json[]
        if (actions.length !== 1 || at(actions, 0, 'Type') !== 'forward')
          find(rule, 'it does not only forward')
        const named = groups.map(({ TargetGroupArn }) => String(at(TargetGroupArn, 'Ref')))
        if (!pair.every(id => named.includes(id)) || named.length !== 2)
          find(rule, 'it does not name both target groups')
        if (groups.map(({ Weight }) => Weight).join() !== '100,0')
          find(rule, 'its first weights are not 100 and 0')
      }
    },
  },
  {
    name: 'known-paths-only',
    demands: 'only the API’s own paths reach a task; everything else is answered 404 by the load balancer',
    check: ({ of }, find) => {
      for (const rule of of(LISTENER_RULE)) {
        const paths = (listOf(rule.properties.Conditions) as Json[])
          .filter(({ Field }) => Field === 'path-pattern')
          .flatMap(({ PathPatternConfig }) => listOf(at(PathPatternConfig, 'Values')).map(String))
        if (paths.length === 0 || paths.includes('/*') || paths.includes('*'))
          find(rule, 'every path reaches a task')
        // ALB quotas: condition values per rule
        if (paths.length > 5) find(rule, `it has ${paths.length} paths; AWS takes five`)
      }
      for (const { properties, ...listener } of of(LISTENER))
        if (!['fixed-response', 'redirect'].includes(String(at(properties.DefaultActions, 0, 'Type'))))
          find({ ...listener, properties }, 'its default action reaches a task')
    },
  },
  {
    name: 'firewall-blocks',
    demands: 'a firewall stands before the load balancer and the users’ pool; its managed groups block',
    cites: ['164.308(a)(5)(ii)(B)', '164.312(e)(1)'],
    check: ({ of }, find) => {
      const [acl] = of('AWS::WAFv2::WebACL')
      if (!acl) return find('edge', 'there is no firewall')
      const guarded = JSON.stringify(
        of('AWS::WAFv2::WebACLAssociation').map(({ properties }) => properties.ResourceArn),
      )
      for (const what of ['LoadBalancer', 'userpool'])
        if (!guarded.includes(what)) find(acl, `it does not guard the ${what}`)
      const rules = rulesOf(acl)
      for (const name of MANAGED) {
        const rule = rules.find(
          ({ Statement }) => at(Statement, 'ManagedRuleGroupStatement', 'Name') === name,
        )
        if (!rule) find(acl, `${name} is missing`)
        else {
          if (!at(rule.OverrideAction, 'None')) find(acl, `${name} does not block`)
          const group = at(rule.Statement, 'ManagedRuleGroupStatement')
          const counted = listOf(at(group, 'RuleActionOverrides')).map(one => String(at(one, 'Name')))
          const loose = [
            ...counted,
            ...listOf(at(group, 'ExcludedRules')).map(one => String(at(one, 'Name'))),
          ]
          for (const one of loose) if (!COUNTED.includes(one)) find(acl, `${one} of ${name} does not block`)
        }
      }
    },
  },
  {
    name: 'requests-limited',
    demands: 'an address that sends too many requests is blocked',
    cites: ['164.308(a)(5)(ii)(B)'],
    check: ({ of, environment }, find) => {
      for (const acl of of('AWS::WAFv2::WebACL')) {
        const limits = rulesOf(acl).filter(
          ({ Statement, Action }) => at(Statement, 'RateBasedStatement') && at(Action, 'Block'),
        )
        const most = environment.loadBalancer.requestsPerAddress
        if (!limits.some(({ Statement }) => Number(at(Statement, 'RateBasedStatement', 'Limit')) <= most))
          find(acl, `nothing blocks an address after ${most} requests`)
      }
    },
  },
  {
    name: 'uploads-survive',
    demands: 'big bodies and XML pass on the upload paths and are blocked on all others',
    check: ({ of }, find) => {
      for (const acl of of('AWS::WAFv2::WebACL'))
        for (const name of COUNTED) {
          const rule = rulesOf(acl).find(({ Name }) => Name === `${name}_ButUploads`)
          const text = JSON.stringify(rule?.Statement ?? {})
          if (!rule || !at(rule.Action, 'Block') || !text.includes(':core-rule-set:'))
            find(acl, `${name} blocks nothing`)
          for (const path of ['/api/v1/health-data', '/api/v1/imports'])
            if (!text.includes(path)) find(acl, `${name} blocks uploads to ${path}`)
        }
    },
  },
  {
    name: 'names-as-released',
    demands: 'load balancer and target groups have the names that the roles and the preflight know',
    check: ({ of, environment }, find) => {
      const names = namesOf(environment)
      const made = of(
        'AWS::ElasticLoadBalancingV2::LoadBalancer',
        'AWS::ElasticLoadBalancingV2::TargetGroup',
      ).map(({ properties }) => properties.Name)
      for (const name of [names.loadBalancer, names.blueTargetGroup, names.greenTargetGroup])
        if (!made.includes(name)) find('edge', `there is no ${name}`)
    },
  },
]

function rulesOf(acl: Resource): Json[] {
  return listOf(acl.properties.Rules) as Json[]
}
