import type { Item } from './dynalite.ts'
import { readInsert } from './partiql.ts'

type Input = Record<string, unknown>
type Part = { TableName?: string; Key?: Item; Item?: Item }

/**
 * The partition keys that a request names, which policies know as `dynamodb:LeadingKeys`; none where it names none, as
 * a Scan does not: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 * @param hashOf the name of a table's partition key
 */
export function leadingKeys(
  operation: string,
  input: Input,
  hashOf: (table: string) => string | undefined,
): string[] {
  return partsOf(operation, input).flatMap(part => {
    const hash = hashOf(String(part.TableName).split('/').at(-1) ?? '')
    const value = hash === undefined ? undefined : (part.Key ?? part.Item)?.[hash]
    return value ? [String(Object.values(value)[0])] : []
  })
}

function partsOf(operation: string, input: Input): Part[] {
  switch (operation) {
    case 'BatchExecuteStatement':
      return list<{ Statement?: string; Parameters?: unknown }>(input.Statements).map(each => {
        const { table, item } = readInsert(each.Statement ?? '', each.Parameters)
        return { TableName: table, Item: item }
      })
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return list<Record<string, Part>>(input.TransactItems).flatMap(each => Object.values(each))
    case 'BatchGetItem':
      return ofTables<{ Keys?: Item[] }>(input).flatMap(([TableName, { Keys }]) =>
        list<Item>(Keys).map(Key => ({ TableName, Key })),
      )
    case 'BatchWriteItem':
      return ofTables<{ PutRequest?: Part; DeleteRequest?: Part }[]>(input).flatMap(([TableName, writes]) =>
        list<{ PutRequest?: Part; DeleteRequest?: Part }>(writes).map(each => ({
          ...(each.PutRequest ?? each.DeleteRequest),
          TableName,
        })),
      )
    case 'Query':
      return [{ TableName: input.TableName as string, Key: queried(input) }]
    default:
      return [input as Part]
  }
}

/** What the equalities of a query's key condition say. */
function queried(input: Input): Item {
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>
  const values = (input.ExpressionAttributeValues ?? {}) as Item
  const older = Object.entries(
    (input.KeyConditions ?? {}) as Record<string, { AttributeValueList?: Record<string, unknown>[] }>,
  )
  const equalities = String(input.KeyConditionExpression ?? '').matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g)
  return Object.fromEntries([
    ...older.map(([name, { AttributeValueList: [value = {}] = [] }]) => [name, value]),
    ...[...equalities].map(([, name = '', value = '']) => [names[name] ?? name, values[value]]),
  ])
}

function ofTables<T>(input: Input): [string, T][] {
  return Object.entries((input.RequestItems ?? {}) as Record<string, T>)
}

function list<T>(value: unknown): T[] {
  return Array.isArray(value) ? value : []
}
