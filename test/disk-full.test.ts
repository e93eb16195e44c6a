import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshLaptop } from './support/serving-laptop.ts'

/** Room for the image and the registry's copy, not for the unpacked layers. */
const SIZE = '160m'

/** A small disk of its own; undefined where this user may not mount one. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}

const disk = mountSmallDisk()
afterAll(() => {
  if (disk) execFileSync('umount', [disk])
  if (disk) rmSync(disk, { recursive: true })
})

test.skipIf(!disk)(
  'a full disk ends the command within seconds, and is named',
  { timeout: 240_000 },
  async () => {
    const laptop = await freshLaptop({ CLARITY_STATE: disk as string })
    try {
      const up = await laptop.clarity('up', '--no-demo')
      expect(up.exitCode).toBeGreaterThan(0)
      expect(up.last).toMatchObject({ type: 'error', message: expect.stringMatching(/ENOSPC|\bdisk\b/) })
    } finally {
      await laptop.dispose()
    }
  },
)
