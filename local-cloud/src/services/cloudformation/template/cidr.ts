import { isIPv4 } from 'node:net'
import { templateError } from '../errors.ts'

/**
 * `Fn::Cidr`: the first `count` subnets of an IPv4 block.
 * @param hostBits bits of each subnet left for hosts (8 makes a /24). @default those that fit `count` exactly
 */
export function subnets(block: string, count: number, hostBits?: number): string[] {
  const [address = '', prefixText] = block.split('/')
  const prefix = Number(prefixText)
  if (!isIPv4(address) || !(prefix >= 0 && prefix <= 32))
    throw templateError(`Fn::Cidr takes IPv4 blocks here, got '${block}'`)
  if (!(count >= 1 && count <= 256)) throw templateError(`Fn::Cidr count ${count} must be between 1 and 256`)
  const bits = hostBits ?? 32 - prefix - Math.ceil(Math.log2(count))
  const size = 2 ** bits
  if (!(bits >= 0) || size * count > 2 ** (32 - prefix))
    throw templateError(`Fn::Cidr: ${block} does not hold ${count} subnets of /${32 - bits}`)
  const base = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const start = base - (base % 2 ** (32 - prefix))
  return Array.from({ length: count }, (_, index) => {
    const first = start + index * size
    const octets = [24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256)
    return `${octets.join('.')}/${32 - bits}`
  })
}
