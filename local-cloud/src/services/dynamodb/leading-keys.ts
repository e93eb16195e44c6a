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
        const statement = each.Statement ?? ''
        if (!/^\s*INSERT\b/i.test(statement)) return sought(statement, list<Item[string]>(each.Parameters))
        const { table, item } = readInsert(statement, each.Parameters)
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

/** What the equalities of a PartiQL statement that is no INSERT say: `WHERE pk = ? AND sk = 'a'`. */
function sought(statement: string, parameters: Item[string][]): Part {
  const [, table] = /(?:\bFROM|^\s*UPDATE)\s+"?([\w.-]+)/i.exec(statement) ?? []
  const where = /\bWHERE\b/i.exec(statement)?.index ?? statement.length
  const equalities = statement.slice(where).matchAll(/"?([\w.-]+)"?\s*=\s*(?:(\?)|'([^']*)')/g)
  const Key = Object.fromEntries(
    [...equalities].map(([found, name = '', parameter, text = '']) => {
      const before = statement.slice(0, statement.indexOf(found, where)).split('?').length - 1
      return [name, parameter ? (parameters[before] ?? {}) : { S: text }] as const
    }),
  )
  return { ...(table !== undefined && { TableName: table }), Key }
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
