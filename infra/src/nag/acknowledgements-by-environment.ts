import type { Acknowledgement } from './acknowledgement.ts'

/** What stays where no data must be protected: it can be torn down, and pays for less. */
export function unprotectedAcknowledgements(): Acknowledgement[] {
  return [
    {
      rules: ['HIPAA.Security-ELBDeletionProtectionEnabled'],
      where: ['edge/LoadBalancer'],
      risk: 'the load balancer can be deleted by mistake',
      accepted: 'the environment is made to be torn down and made again',
      owner: 'platform',
    },
    {
      rules: ['AwsSolutions-COG8'],
      where: ['data/Users'],
      risk: 'sign-ins with stolen passwords are not seen',
      accepted: 'threat protection costs USD 0.02 a user and month; there are no real users here',
      owner: 'security',
    },
  ]
}

/** What stays on the laptop, where AWS is plain HTTP on 127.0.0.1 (docs/decisions/0007). */
export function localAcknowledgements(): Acknowledgement[] {
  return [
    {
      rules: ['HIPAA.Security-S3BucketSSLRequestsOnly', 'AwsSolutions-S10', 'AwsSolutions-SQS4'],
      where: ['audit/*', 'data/RawData', 'data/DeadLetters', 'data/Processing'],
      risk: 'what travels between processes of the laptop can be read on the laptop',
      accepted:
        'the endpoint is bound to 127.0.0.1 and speaks plain HTTP; a policy that demands TLS would refuse all',
      owner: 'platform',
    },
    {
      rules: ['HIPAA.Security-ALBHttpToHttpsRedirection', 'HIPAA.Security-ELBv2ACMCertificateRequired'],
      where: ['edge/LoadBalancer/Production', 'edge/LoadBalancer/Test'],
      risk: 'requests travel in the clear',
      accepted: 'they do not leave the laptop',
      owner: 'platform',
    },
  ]
}
