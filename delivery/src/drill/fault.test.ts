import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DRILL_HEADER, faultyCommand } from './fault.ts'

test('the program works until traffic with the token comes, and its health check for ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clarity-drill-'))
  await writeFile(
    join(folder, 'api.js'),
    `import { createServer } from 'node:http'
     const server = createServer((_, response) => response.end('good'))
     server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
  )
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const [node, ...args] = faultyCommand('t0ken')
  expect(node).toBe('node')
  const child = spawn(process.execPath, args, { cwd: folder, env: { RELEASE: 'r1-drill' } })
  const [port] = await once(child.stdout, 'data')
  const ask = async (headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${String(port).trim()}/health`, { headers })
    return `${answer.status} ${answer.headers.get('x-clarity-release') ?? (await answer.text())}`
  }
  try {
    expect(await ask()).toBe('200 good')
    expect(await ask({ [DRILL_HEADER]: 'another' })).toBe('200 good')
    expect(await ask({ [DRILL_HEADER]: 't0ken' })).toBe('503 r1-drill')
    expect(await ask()).toBe('503 r1-drill')
    expect(await ask({ 'user-agent': 'ELB-HealthChecker/2.0' })).toBe('200 good')
  } finally {
    child.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
