import { AwsError } from '../../core/aws-error.ts'

/** The refusals of ECS, by AWS's exception names and, where known, AWS's own words. */
export const clientError = (message: string) => new AwsError('ClientException', message)
export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message)
export const unsupported = (message: string) => new AwsError('UnsupportedFeatureException', message)
export const conflict = (message: string) => new AwsError('ConflictException', message)
export const clusterNotFound = () => new AwsError('ClusterNotFoundException', 'Cluster not found.')
export const serviceNotFound = () => new AwsError('ServiceNotFoundException', 'Service not found.')
export const serviceNotActive = () => new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
export const deploymentNotFound = () =>
  new AwsError('ServiceDeploymentNotFoundException', 'The service deployment does not exist.')

/**
 * Why a task could not start: the text that AWS puts in `stoppedReason`, such as
 * `CannotPullContainerError: …` or `ResourceInitializationError: …`.
 */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure'
}

/** What another service answered, in the form that the ECS agent quotes it: `Code: message`. */
export function quote(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
