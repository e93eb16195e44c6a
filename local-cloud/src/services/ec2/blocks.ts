import { isIPv4 } from 'node:net'
import { AwsError } from '../../core/aws-error.ts'

/** Addresses of a subnet that AWS keeps for itself (VPC user guide, "Subnet CIDR blocks"). */
const KEPT = 5

interface Block {
  /** First address and the one after the last, as numbers. */
  from: number
  to: number
  bits: number
}

/** @throws AwsError `InvalidVpc.Range` for a block outside /16 to /28 */
export function checkVpcBlock(text: string): string {
  const { bits } = parse(text)
  if (bits < 16 || bits > 28) throw new AwsError('InvalidVpc.Range', `The CIDR '${text}' is invalid.`)
  return text
}

/**
 * Checks the block of a new subnet: within its VPC, on no other subnet.
 * @returns how many addresses it has for use
 * @throws AwsError `InvalidSubnet.Range`, `InvalidSubnet.Conflict`
 */
export function checkSubnetBlock(text: string, vpc: string, others: string[]): number {
  const block = parse(text)
  const whole = parse(vpc)
  if (block.bits < 16 || block.bits > 28 || block.from < whole.from || block.to > whole.to)
    throw new AwsError('InvalidSubnet.Range', `The CIDR '${text}' is invalid.`)
  const taken = others.map(parse).some(other => block.from < other.to && other.from < block.to)
  if (taken) throw new AwsError('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with another subnet`)
  return block.to - block.from - KEPT
}

function parse(text: string): Block {
  const [address = '', prefix = ''] = text.split('/')
  const bits = /^\d{1,2}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (!isIPv4(address) || !(bits <= 32))
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    )
  const size = 2 ** (32 - bits)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const from = number - (number % size)
  return { from, to: from + size, bits }
}
