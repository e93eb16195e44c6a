import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import type { ClarityStack } from '../clarity-stack.ts'

/** Where bodies are big, or XML, by design: uploads of samples and of Apple's `export.xml`. The API bounds both. */
const UPLOADS = ['/api/v1/health-data', '/api/v1/imports']

/**
 * Rules of the core rule set that every upload would hit. They only label here; rules of ours then block what they
 * labelled, except on the upload paths. `name` is the rule's, `label` what it adds (AWS managed rules reference).
 */
const BODY_RULES = [
  { name: 'SizeRestrictions_BODY', label: 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body' },
  { name: 'CrossSiteScripting_BODY', label: 'awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body' },
]

/**
 * The firewall: AWS's managed groups in block mode, and a limit of requests for each address. It uses 941 of the
 * 1,500 capacity units that are priced in. Neither its samples nor its logs keep what a request carried.
 */
export function firewall(stack: ClarityStack, guarded: { id: string; arn: string }[]): void {
  const acl = new CfnWebACL(stack, 'Firewall', {
    name: stack.names.firewall,
    description: 'managed rule groups in block mode, and a limit of requests for each address',
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visibility(stack.names.firewall),
    rules: [
      managed(0, 'AWSManagedRulesAmazonIpReputationList'),
      {
        priority: 1,
        name: 'RequestsPerAddress',
        action: { block: {} },
        statement: {
          rateBasedStatement: {
            aggregateKeyType: 'IP',
            evaluationWindowSec: 300,
            limit: stack.settings.loadBalancer.requestsPerAddress,
          },
        },
        visibilityConfig: visibility('RequestsPerAddress'),
      },
      managed(2, 'AWSManagedRulesKnownBadInputsRuleSet'),
      managed(
        3,
        'AWSManagedRulesCommonRuleSet',
        BODY_RULES.map(({ name }) => name),
      ),
      ...BODY_RULES.map(({ name, label }, index) => blockLabelled(4 + index, name, label)),
    ],
  })
  for (const { id, arn } of guarded)
    new CfnWebACLAssociation(stack, `Firewall${id}`, { webAclArn: acl.attrArn, resourceArn: arn })
  logs(stack, acl)
}

function managed(priority: number, name: string, counted: string[] = []): CfnWebACL.RuleProperty {
  return {
    priority,
    name,
    // none of ours over the group's own actions, which block
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...(counted.length > 0 && {
          ruleActionOverrides: counted.map(rule => ({ name: rule, actionToUse: { count: {} } })),
        }),
      },
    },
    visibilityConfig: visibility(name),
  }
}

function blockLabelled(priority: number, rule: string, label: string): CfnWebACL.RuleProperty {
  const path = (searchString: string): CfnWebACL.StatementProperty => ({
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  })
  const name = `${rule}_ButUploads`
  return {
    priority,
    name,
    action: { block: {} },
    statement: {
      andStatement: {
        statements: [
          { labelMatchStatement: { scope: 'LABEL', key: label } },
          { notStatement: { statement: { orStatement: { statements: UPLOADS.map(path) } } } },
        ],
      },
    },
    visibilityConfig: visibility(name),
  }
}

/** What was blocked, without the parts of a request that say who asked for which data. */
function logs(stack: ClarityStack, acl: CfnWebACL): void {
  const group = stack.logGroup('FirewallLogs', stack.names.firewallLogGroup)
  const logging = new CfnLoggingConfiguration(stack, 'FirewallLogging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [stack.arnOf('logs', `log-group:${stack.names.firewallLogGroup}`)],
    redactedFields: [
      { singleHeader: { Name: 'authorization' } },
      { singleHeader: { Name: 'cookie' } },
      { queryString: {} },
      { uriPath: {} },
    ],
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: 'BLOCK' } }],
        },
      ],
    },
  })
  logging.node.addDependency(group)
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  // samples would keep whole requests in the console
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false }
}
