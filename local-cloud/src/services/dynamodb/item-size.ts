import type { Item } from './dynalite.ts'

/** Largest item, names and values together. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const MAX_ITEM_BYTES = 400 * 1024

/**
 * The size of an item in bytes as AWS counts it: UTF-8 names and values, two digits of a number to a byte.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Item): number {
  let bytes = 0
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value)
  return bytes
}

function valueBytes(value: Record<string, unknown>): number {
  const [type, content] = Object.entries(value)[0] ?? []
  switch (type) {
    case 'S':
      return Buffer.byteLength(content as string)
    case 'B':
      return Buffer.byteLength(content as string, 'base64')
    case 'N':
      return numberBytes(content as string)
    case 'SS':
    case 'NS':
    case 'BS':
      return (content as string[]).reduce((sum, member) => sum + valueBytes({ [type.charAt(0)]: member }), 0)
    case 'L':
      return (content as Item[string][]).reduce((sum, member) => sum + 1 + valueBytes(member), 3)
    case 'M':
      return 3 + itemBytes(content as Item) + Object.keys(content as Item).length
    default:
      return 1
  }
}

function numberBytes(text: string): number {
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[^0-9]/g, '')
    .replace(/^0+|0+$/g, '')
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0)
}
