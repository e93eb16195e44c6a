import {
  type Environment,
  type NeededPermission,
  preflightReads,
  releasePermissions,
} from '@clarity/environments'
import { Duration } from 'aws-cdk-lib'
import {
  CfnOIDCProvider,
  ManagedPolicy,
  type PolicyStatement,
  Role,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { allow, ClarityStack } from './clarity-stack.ts'

/** GitHub's issuer of the tokens by which workflows show who they are. */
const ISSUER = 'token.actions.githubusercontent.com'

/**
 * How GitHub releases here without a stored key: the provider of an account, and one role that a job of this
 * repository, branch and GitHub environment may become, and that may do what a release does and nothing else. And the
 * key by which a release knows its own images.
 */
export class DeliveryStack extends ClarityStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'delivery', environment)
    if (environment.repository.provider === 'create')
      new CfnOIDCProvider(this, 'GitHub', {
        url: `https://${ISSUER}`,
        clientIdList: ['sts.amazonaws.com'],
      }).applyRemovalPolicy(this.removal)

    const role = new Role(this, 'DeployRole', {
      roleName: this.names.deployRole,
      description: `GitHub workflows: release ${environment.name}`,
      assumedBy: new WebIdentityPrincipal(`arn:aws:iam::${environment.account}:oidc-provider/${ISSUER}`, {
        StringEquals: trusted(environment),
      }),
      // a release with its bake, and a rollback after it
      maxSessionDuration: Duration.hours(2),
    })
    const signingKey = this.signingKey()
    const policies = {
      Release: releasePermissions(environment, undefined, signingKey.keyArn),
      Preflight: preflightReads(environment),
    }
    for (const [id, needed] of Object.entries(policies))
      role.addManagedPolicy(
        new ManagedPolicy(this, `${id}Policy`, {
          managedPolicyName: `${this.names.deployRole}-${id.toLowerCase()}`,
          description: id === 'Release' ? 'what a release calls' : 'what preflight reads',
          statements: statementsOf(needed),
        }),
      )
  }

  /** Signs where images come from; its private half never leaves KMS. KMS does not rotate keys of this kind. */
  private signingKey(): Key {
    const key = new Key(this, 'SigningKey', {
      alias: this.names.signingKeyAlias.replace('alias/', ''),
      description: 'the provenance of images',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: this.removal,
    })
    this.handOn('signing-key-arn', key.keyArn)
    return key
  }
}

/**
 * What a token must say. The subject has the repository and the environment, in the older format and, where the ids
 * are known, in that of repositories made, renamed or transferred since 15 July 2026; the branch is a claim of its own.
 */
function trusted({ name, repository: { owner, name: repository, branch, ids } }: Environment) {
  return {
    [`${ISSUER}:aud`]: 'sts.amazonaws.com',
    [`${ISSUER}:sub`]: [
      `repo:${owner}/${repository}:environment:${name}`,
      ...(ids ? [`repo:${owner}@${ids.owner}/${repository}@${ids.repository}:environment:${name}`] : []),
    ],
    [`${ISSUER}:ref`]: `refs/heads/${branch}`,
    ...(ids ? { [`${ISSUER}:repository_id`]: ids.repository } : {}),
  }
}

/** One statement for each set of actions, with the resources that they share. */
function statementsOf(needed: NeededPermission[]): PolicyStatement[] {
  const grouped = new Map<string, { need: NeededPermission; resources: string[] }>()
  for (const need of needed) {
    const key = JSON.stringify([need.actions, need.context])
    const group = grouped.get(key) ?? { need, resources: [] }
    group.resources.push(need.resource)
    grouped.set(key, group)
  }
  return [...grouped.values()].map(({ need: { actions, context }, resources }) =>
    allow(actions, resources, context && { StringEquals: context }),
  )
}
