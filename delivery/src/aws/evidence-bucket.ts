import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import { type Environment, namesOf } from '@clarity/environments'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import type { Access } from '../target.ts'
import { clientConfig } from './clients.ts'

/** A version of an object, or the marker that hides one. */
export interface StoredVersion {
  key: string
  version: string
  marker: boolean
  /** Milliseconds since the epoch. */
  at: number
}

/** The bucket of the evidence: it is read and added to; there is no call here that changes or deletes. */
export interface EvidenceBucket {
  /** Every version below `evidence/`, by key, of one key the oldest first. */
  versions(): Promise<StoredVersion[]>
  read(key: string, version: string): Promise<string>
  /** Creates an object. @returns false when there is one by that name */
  create(key: string, text: string): Promise<boolean>
}

/** The evidence bucket of an environment. Every call throws ClarityError `infra_missing` where there is none. */
export function createEvidenceBucket(access: Access, environment: Environment): EvidenceBucket {
  const client = new S3Client(clientConfig(access))
  const Bucket = namesOf(environment).evidenceBucket

  // S3 lists the newest version of a key first and tells times in whole seconds
  async function versions(): Promise<StoredVersion[]> {
    const found: StoredVersion[] = []
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
    while (from) {
      const page: Awaited<ReturnType<typeof list>> = await list(from)
      for (const { Key = '', VersionId = '', LastModified } of page.Versions?.toReversed() ?? [])
        found.push({ key: Key, version: VersionId, marker: false, at: LastModified?.getTime() ?? 0 })
      for (const { Key = '', VersionId = '', LastModified } of page.DeleteMarkers ?? [])
        found.push({ key: Key, version: VersionId, marker: true, at: LastModified?.getTime() ?? 0 })
      from = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined
    }
    return found.sort((a, b) => (a.key === b.key ? a.at - b.at : a.key < b.key ? -1 : 1))
  }

  const list = (from: { KeyMarker?: string; VersionIdMarker?: string }) =>
    told(() => client.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'evidence/', ...from })))

  async function create(Key: string, Body: string): Promise<boolean> {
    try {
      await told(() =>
        client.send(
          new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*', ContentType: 'application/json' }),
        ),
      )
      return true
    } catch (error) {
      const status = (error as S3ServiceException).$metadata?.httpStatusCode
      // 412: another was first; 409: another is writing it now
      if (status === 412 || status === 409) return false
      throw error
    }
  }

  async function told<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if ((error as Error).name !== 'NoSuchBucket') throw error
      throw new ClarityError(
        'infra_missing',
        `the evidence bucket ${Bucket} does not exist`,
        `deploy the stacks first: clarity infra deploy ${environment.name}`,
        { exitCode: EXIT.preflightFailed, cause: error },
      )
    }
  }

  return {
    versions,
    read: async (Key, VersionId) => {
      const { Body } = await told(() => client.send(new GetObjectCommand({ Bucket, Key, VersionId })))
      return (await Body?.transformToString()) ?? ''
    },
    create,
  }
}
