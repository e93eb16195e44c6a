import type { TokenProvider } from './route.ts'

/** Workload identity federation: the task's AWS role is exchanged for a Google service account, without any key. */
export interface GoogleIdentity {
  /** `//iam.googleapis.com/projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
  audience: string
  /** E-mail address of the service account that may use Vertex AI. */
  serviceAccount: string
  region: string
  /** The task role's credentials. */
  awsCredentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>
  /** Where tokens are exchanged, and service accounts impersonated. @default Google's */
  endpoints?: { sts: string; iam: string }
}

/**
 * Access tokens for Vertex AI, renewed before they end. Google's library signs a GetCallerIdentity request with the
 * task's credentials, which Google's token service sends to AWS to learn who asks; it is loaded with the first token.
 * https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
 */
export function createGoogleTokens(identity: GoogleIdentity): TokenProvider {
  const { sts = 'https://sts.googleapis.com', iam = 'https://iamcredentials.googleapis.com' } =
    identity.endpoints ?? {}
  let client: Promise<{ getAccessToken(): Promise<{ token?: string | null }> }> | undefined
  const connect = async () => {
    const { AwsClient } = await import('./google-auth.ts')
    return new AwsClient({
      type: 'external_account',
      audience: identity.audience,
      subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
      token_url: `${sts}/v1/token`,
      service_account_impersonation_url: `${iam}/v1/projects/-/serviceAccounts/${identity.serviceAccount}:generateAccessToken`,
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      aws_security_credentials_supplier: {
        getAwsRegion: async () => identity.region,
        getAwsSecurityCredentials: async () => {
          const { accessKeyId, secretAccessKey, sessionToken } = await identity.awsCredentials()
          return { accessKeyId, secretAccessKey, token: sessionToken }
        },
      },
    })
  }
  return {
    token: async () => {
      client ??= connect()
      const { token } = await (await client).getAccessToken()
      if (!token)
        throw new Error("google's token service gave no access token; check the workload identity pool")
      return token
    },
  }
}
