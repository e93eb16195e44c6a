import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AwsError, notImplemented } from '../../core/aws-error.ts'
import { createCrc32c, createCrc64nvme } from './crc.ts'

/** The checksums of an object that are computed here, by their names in the SDK. */
export type Algorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'SHA512'

export const ALGORITHMS: Algorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512']

/** The checksum that S3 gives an object that came without one. */
export const USUAL: Algorithm = 'CRC64NVME'

export interface Digest {
  update(bytes: Uint8Array): void
  digest(): Buffer
}

export function createDigest(algorithm: Algorithm | 'MD5'): Digest {
  switch (algorithm) {
    case 'CRC32': {
      let value = 0
      return {
        update: bytes => {
          value = crc32(bytes, value)
        },
        digest: () => {
          const out = Buffer.alloc(4)
          out.writeUInt32BE(value)
          return out
        },
      }
    }
    case 'CRC32C':
      return createCrc32c()
    case 'CRC64NVME':
      return createCrc64nvme()
    default:
      return createHash(algorithm.toLowerCase())
  }
}

/** @throws AwsError 501 for an algorithm that S3 has and this does not, 400 for what none has */
export function readAlgorithm(name: string): Algorithm {
  const known = ALGORITHMS.find(algorithm => algorithm === name.toUpperCase())
  if (known) return known
  if (/^(MD5|XXHASH\w*)$/i.test(name)) throw notImplemented('s3', `checksum algorithm ${name}`)
  throw new AwsError('InvalidRequest', `Checksum algorithm provided is unsupported: ${name}`)
}

/** `x-amz-checksum-crc32` and its like. */
export function checksumHeader(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/** `ChecksumCRC32` and its like. */
export function checksumField(algorithm: Algorithm): `Checksum${Algorithm}` {
  return `Checksum${algorithm}`
}

/** What a client says of the bytes that it sends. */
export interface Claims {
  md5?: string
  algorithm?: Algorithm
  /** Base64; announced for the trailer when absent. */
  value?: string
}

/**
 * Reads the checksum that a request claims for its body, in a header or announced for the trailer.
 * @throws AwsError InvalidRequest for several, 501 for an algorithm that is not computed here
 */
export function readClaims(headers: Record<string, string | undefined>): Claims {
  const md5 = headers['content-md5']
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16)
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.')
  const given = Object.entries(headers).flatMap(([name, value]) => {
    const suffix = /^x-amz-checksum-(?!algorithm$|type$|mode$)(.+)$/.exec(name)?.[1]
    return suffix && value !== undefined ? [{ algorithm: readAlgorithm(suffix), value }] : []
  })
  const trailing = (headers['x-amz-trailer'] ?? '')
    .split(',')
    .flatMap(name => /^\s*x-amz-checksum-(.+?)\s*$/i.exec(name)?.[1] ?? [])
  if (given.length + trailing.length > 1)
    throw new AwsError(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  const named = headers['x-amz-sdk-checksum-algorithm'] || undefined
  const algorithm =
    given[0]?.algorithm ?? (trailing[0] && readAlgorithm(trailing[0])) ?? (named && readAlgorithm(named))
  return { md5, algorithm: algorithm || undefined, value: given[0]?.value }
}
