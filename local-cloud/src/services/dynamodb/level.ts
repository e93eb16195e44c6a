import { statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { AwsError } from '../../core/aws-error.ts'
import type { Change, Level, Range } from './dynalite.ts'

const { Level: LevelDatabase } = createRequire(import.meta.url)('level') as {
  Level: new (path: string, options: { valueEncoding: 'json' }) => Level & { getSync(key: string): unknown }
}

/** Free space that the database needs to open again after a failed write: its log once more, as a table. */
const NEEDED_BYTES = 8 * 1024 ** 2

/**
 * Opens a LevelDB database whose acknowledged writes are there after a restart even if the disk was full in between.
 * LevelDB itself goes on appending behind the torn record of a write that failed, and loses what follows when it
 * recovers; so after a failure no write is taken until the database has been opened anew. Write one at a time.
 * @param room throws while the disk is to seem full
 */
export async function openLevel(
  path: string,
  log: (message: string, fields: Record<string, unknown>) => void,
  room: () => void = () => {},
): Promise<Level> {
  const level = new LevelDatabase(path, { valueEncoding: 'json' })
  await level.open()
  let broken = false

  async function write(work: () => Promise<void>): Promise<void> {
    if (broken) await mend()
    try {
      room()
      await work()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      broken = true
      log('a write to the disk failed', { code, error: message })
      throw refusal()
    }
  }

  async function mend(): Promise<void> {
    const { bavail, bsize } = await statfs(path)
    if (bavail * bsize < NEEDED_BYTES) throw refusal()
    await level.close()
    await level.open()
    broken = false
    log('opened the database anew after a failed write', {})
  }

  return {
    open: () => level.open(),
    close: () => level.close(),
    // A table of a laptop lies in the caches: the way to another thread and back takes ten times as long as the read.
    get: async key => level.getSync(key),
    values: range => level.values(range),
    iterator: range => level.iterator(range),
    batch: (changes: Change[]) => write(() => level.batch(changes)),
    clear: (range: Range) => write(() => level.clear(range)),
  }
}

function refusal(): AwsError {
  return new AwsError(
    'InternalServerError',
    'the disk under the local cloud is full or failing; free some space and try again',
    500,
  )
}
