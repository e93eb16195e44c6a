import { AwsError } from '../../../core/aws-error.ts'
import type { Template } from './model.ts'

/** IAM types, with the property by which their names become the template's choice. */
const IAM_NAMES: Record<string, string> = {
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Policy': '',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::User': 'UserName',
}

/** The capability that a template needs and the resources that are why. */
export function requiredCapability(template: Template): { capability: string; types: string[] } | undefined {
  const iam = Object.values(template.resources).filter(({ Type }) => Type in IAM_NAMES)
  if (iam.length === 0) return undefined
  const named = iam.some(({ Type, Properties }) => (IAM_NAMES[Type] as string) in (Properties ?? {}))
  return {
    capability: named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM',
    types: [...new Set(iam.map(({ Type }) => Type))],
  }
}

/** @throws AwsError `InsufficientCapabilitiesException` when the request does not acknowledge what is needed */
export function checkCapabilities(template: Template, given: string[]): void {
  const required = requiredCapability(template)
  if (!required || given.includes('CAPABILITY_NAMED_IAM')) return
  if (!given.includes(required.capability))
    throw new AwsError(
      'InsufficientCapabilitiesException',
      `Requires capabilities : [${required.capability}]`,
    )
}
