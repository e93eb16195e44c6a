import { createPublicKey, type KeyObject } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { type Environment, namesOf } from '@clarity/environments'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** Most that KMS signs as it is, in bytes: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const MAX_MESSAGE = 4096

/** The key by which an environment knows its images: ECDSA on P-256 over SHA-256, its private half in KMS. */
export interface SigningKey {
  /** Of the key, not of its alias. */
  arn: string
  /** @returns the signature, in DER */
  sign(message: Buffer): Promise<Buffer>
  publicKey(): Promise<KeyObject>
}

export function createSigningKey(access: Access, environment: Environment, arn: string): SigningKey {
  const client = new KMSClient(clientConfig(access))
  return {
    arn,
    sign: async message => {
      if (message.length > MAX_MESSAGE)
        throw new Error(`KMS signs ${MAX_MESSAGE} bytes at most, and the statement has ${message.length}`)
      const { Signature } = await client.send(
        new SignCommand({
          KeyId: arn,
          Message: message,
          MessageType: 'RAW',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      )
      return Buffer.from(Signature ?? [])
    },
    publicKey: async () => {
      const { PublicKey, KeyUsage } = await client.send(new GetPublicKeyCommand({ KeyId: arn }))
      if (!PublicKey || KeyUsage !== 'SIGN_VERIFY')
        throw new ClarityError(
          'signing_key_wrong',
          `${arn} is no key that signs`,
          `see what ${namesOf(environment).signingKeyAlias} names, and apply the stacks: clarity infra deploy ${environment.name}`,
        )
      return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
    },
  }
}
