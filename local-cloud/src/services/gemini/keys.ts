import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { GetSecretValueResponse, ListSecretsResponse } from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { invalidKey, noKey, unauthenticated } from './google-error.ts'

/** Secrets with such names hold keys that the stand-in has "issued". */
const NAME = /(^|[/-])gemini-api-key$/
const PRINCIPAL = 'gemini.stand-in'

/**
 * Refuses who brings no key, or one that the account's Secrets Manager does not hold under a name that ends in
 * `gemini-api-key`: the stand-in has no console to make keys in, so what the operator keeps as the key is the key.
 * @param vertex whether a bearer token is asked for instead of an API key
 * @throws GoogleError 400, 401 or 403, as Google does
 */
export async function requireKey(
  { invoke }: ServiceContext,
  request: IncomingMessage,
  url: URL,
  vertex: boolean,
): Promise<void> {
  const header = vertex ? bearer(request) : request.headers['x-goog-api-key']
  const given = header ?? (vertex ? undefined : url.searchParams.get('key'))
  if (typeof given !== 'string' || given === '')
    throw vertex ? unauthenticated('CREDENTIALS_MISSING') : noKey()
  for (const key of await issued()) if (same(key, given)) return
  throw vertex ? unauthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED') : invalidKey()

  async function issued(): Promise<string[]> {
    const names: string[] = []
    let NextToken: string | undefined
    do {
      const page = await invoke<ListSecretsResponse>(
        'secretsmanager',
        'ListSecrets',
        { NextToken },
        PRINCIPAL,
      )
      names.push(...(page.SecretList ?? []).flatMap(({ Name }) => (Name && NAME.test(Name) ? Name : [])))
      NextToken = page.NextToken
    } while (NextToken)
    const values = await Promise.all(names.map(readSecret))
    return values.filter(value => value !== undefined)
  }

  async function readSecret(SecretId: string): Promise<string | undefined> {
    try {
      return (
        await invoke<GetSecretValueResponse>('secretsmanager', 'GetSecretValue', { SecretId }, PRINCIPAL)
      ).SecretString
    } catch (error) {
      // a secret without a value, or one that is being deleted
      if (error instanceof AwsError && error.status < 500) return undefined
      throw error
    }
  }
}

function bearer({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
}

function same(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
