import { createEcs } from '../aws/ecs.ts'
import { createLockTable } from '../aws/lock-table.ts'
import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { recordInterrupted } from '../evidence/interrupted.ts'
import { createDeployLock } from '../lock/deploy-lock.ts'
import { holderWords } from '../lock/holder.ts'
import { identify } from '../lock/identify.ts'
import { access, chooseTarget } from '../target.ts'

/** `clarity unlock <env>`: who holds the lock; `--force` takes it from them and leaves evidence of what they had begun. */
export const run: RunCommand = async ({ emit, root, variables, values, positionals: [name = ''] }) => {
  const target = chooseTarget(name, root, variables)
  const { environment } = target
  const to = await access(target)
  const lock = createDeployLock(createLockTable(to, environment))
  const now = Date.now()
  if (values.force) {
    const by = identify(variables)
    const from = await lock.free(name, { ...by, at: now })
    const world = { environment, access: to, ecs: createEcs(to), emit, identity: by }
    if (from) await recordInterrupted(world, from, 'its lock was taken away')
    const text = from
      ? `${by.who} on ${by.host} took the lock of ${name} from the ${holderWords(from)}; that command stops at its next change`
      : `nobody holds the lock of ${name}`
    emit({ type: 'result', text, data: { environment: name, unlocked: from !== undefined, from, by } })
    return EXIT.succeeded
  }
  const holder = await lock.holder(name)
  if (!holder) {
    emit({ type: 'result', text: `nobody holds the lock of ${name}`, data: { environment: name } })
    return EXIT.succeeded
  }
  const expired = holder.expires.getTime() <= now
  const text = [
    `${name} is locked: ${holderWords(holder)}`,
    expired
      ? `it went silent and its lease ended at ${holder.expires.toISOString()}: the next command takes it over`
      : `its lease lasts until ${holder.expires.toISOString()}, longer while its command renews it`,
    `take it away: clarity unlock ${name} --force`,
  ]
  emit({ type: 'result', text: text.join('\n'), data: { environment: name, holder, expired } })
  return expired ? EXIT.succeeded : EXIT.locked
}
