import type { GroupType, UserPoolClientType, UserPoolType } from '@aws-sdk/client-cognito-identity-provider'

/** What a pool was told at creation and by updates, in AWS's own shape. */
export type PoolSettings = Omit<
  UserPoolType,
  'Id' | 'Arn' | 'CreationDate' | 'LastModifiedDate' | 'EstimatedNumberOfUsers' | 'Status'
>

export interface PoolRecord {
  id: string
  arn: string
  settings: PoolSettings
  totpEnabled: boolean
  createdAt: number
  modifiedAt: number
  /** Key id and PKCS #8 PEM of the pool's own RSA key, made with the pool. */
  keyId: string
  privateKey: string
}

export interface ClientRecord {
  id: string
  poolId: string
  secret?: string
  settings: Omit<
    UserPoolClientType,
    'ClientId' | 'ClientSecret' | 'UserPoolId' | 'CreationDate' | 'LastModifiedDate'
  >
  createdAt: number
  modifiedAt: number
}

export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED'
/** What a code that was sent is good for. */
export type CodePurpose = 'sign-up' | 'password' | 'verify-email' | 'verify-phone_number'

export interface SentCode {
  code: string
  expires: number
}

/** How often something was tried, to stop guessing. */
export interface Tries {
  count: number
  last: number
}

export interface PasswordRecord {
  /** scrypt of the password; base64. */
  salt: string
  hash: string
  /** SRP-6a salt and verifier; hex. */
  srpSalt: string
  srpVerifier: string
  /** When a temporary password ends. */
  expires?: number
}

export interface UserRecord {
  poolId: string
  username: string
  sub: string
  attributes: Record<string, string>
  status: UserStatus
  enabled: boolean
  createdAt: number
  modifiedAt: number
  password?: PasswordRecord
  groups: string[]
  codes: Partial<Record<CodePurpose, SentCode>>
  /** Wrong codes and codes sent, by purpose. */
  tries: Record<string, Tries>
  /** Failed sign-ins, and until when the next ones are refused. */
  failures: Tries & { lockedUntil: number }
  totp?: {
    /** base32 */
    secret: string
    verified: boolean
    /** The time step of the last code taken: no code is taken twice. */
    lastStep: number
    deviceName?: string
  }
  /** A secret that was given out and not proven yet. */
  totpPending?: string
  totpEnabled: boolean
  totpPreferred: boolean
  signedOutAt?: number
}

export interface GroupRecord extends Omit<GroupType, 'CreationDate' | 'LastModifiedDate'> {
  GroupName: string
  createdAt: number
  modifiedAt: number
}
