import type { Properties } from '../providers/provider.ts'

/** What a reader is given: the calls to other services, as CloudFormation. */
export interface ReaderContext {
  region: string
  accountId: string
  call<Output = Properties>(service: string, operation: string, input: object): Promise<Output>
}

/**
 * Reads what became of a resource, in the shape that templates have: those of its properties that can be compared.
 * Throws the service's own error when the resource is gone.
 * @param expected the properties as the stack made them, for a property that is easier compared than translated
 */
export type Reader = (physicalId: string, expected: Properties, context: ReaderContext) => Promise<Properties>

/** Those members that have a value. */
export function only(source: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(names.filter(name => source[name] !== undefined).map(n => [n, source[n]]))
}

/** What a call answers, or undefined where the setting that it reads has never been made. */
export async function unlessUnset<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    const { code = '' } = error as { code?: string }
    if (/NoSuch(?!Bucket$)|NotFoundError$|NotFoundException$/.test(code)) return undefined
    throw error
  }
}
