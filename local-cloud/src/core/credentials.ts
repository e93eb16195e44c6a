import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Caller } from './service.ts'
import type { Store } from './store.ts'

export interface AccessKey {
  accessKeyId: string
  secretAccessKey: string
  /** Present on temporary credentials; the signature must carry it. */
  sessionToken?: string
  /** Milliseconds since the epoch; absent on the installation's own key. */
  expires?: number
  caller: Caller
}

/** The access keys that this installation has issued: its own, made at first start, and temporary ones. */
export interface Credentials {
  /** The installation's own key, with every permission; `clarity env local` exports it. */
  root: AccessKey
  issue(caller: Omit<Caller, 'accessKeyId'>, seconds: number): AccessKey
  find(accessKeyId: string): AccessKey | undefined
}

export function createCredentials(store: Store, clock: Clock, accountId: string): Credentials {
  const keys = store.collection<AccessKey>('sts', 'access-key')
  const make = (prefix: string, caller: Omit<Caller, 'accessKeyId'>): AccessKey => {
    const accessKeyId = prefix + randomBytes(10).toString('hex').toUpperCase().slice(0, 16)
    return {
      accessKeyId,
      secretAccessKey: randomBytes(30).toString('base64url'),
      caller: { ...caller, accessKeyId },
    }
  }

  function ownKey(): AccessKey {
    const known = keys.list('AKIA')[0]
    if (known) return known
    const key = make('AKIA', {
      accountId,
      arn: `arn:aws:iam::${accountId}:user/local-operator`,
      userId: 'AIDALOCALOPERATOR000',
    })
    keys.put(key.accessKeyId, key)
    return key
  }

  function issue(caller: Omit<Caller, 'accessKeyId'>, seconds: number): AccessKey {
    for (const old of keys.list('ASIA')) if ((old.expires ?? 0) < clock.now()) keys.delete(old.accessKeyId)
    const key = {
      ...make('ASIA', caller),
      sessionToken: randomBytes(96).toString('base64'),
      expires: clock.now() + seconds * 1000,
    }
    keys.put(key.accessKeyId, key)
    return key
  }

  return { root: ownKey(), issue, find: accessKeyId => keys.get(accessKeyId) }
}
