import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { apiConfig } from '../backend/src/config.ts'
import { BACKEND_ASSETS, buildImage, type Image } from '../delivery/src/image/build-image.ts'
import { dockerContext } from '../delivery/src/image/docker-context.ts'
import { CHECKOUT_BUILD, makeCheckout } from '../delivery/src/image/test-checkout.ts'
import { until } from './support/until.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Kept between runs: what was downloaded, and the packed Node. */
const KEPT = join(ROOT, '.clarity/test-image')
const COMPOSE = 'ci-cd/docker/docker-compose.yml'

let folder: string
let checkout: string
/** Why an image for empty containers cannot be made here. */
let unreachable: string | undefined
let small: Image

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-test-'))
  checkout = await makeCheckout()
  try {
    small = await buildImage({
      ...CHECKOUT_BUILD,
      base: 'full',
      repositoryRoot: checkout,
      outputFolder: KEPT,
      debian: { mirror: process.env.CLARITY_DEBIAN_MIRROR },
    })
  } catch (error) {
    if ((error as { code?: string }).code !== 'mirror_unreachable') throw error
    unreachable = 'no mirror of Debian is reached from here'
  }
})
afterAll(() => Promise.all([folder, checkout].map(path => rm(path, { recursive: true, force: true }))))

/** Why something that needs root, and a program, cannot be done here. */
function missing(program: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'only Linux on x86 runs what Fargate runs'
  if (process.getuid?.() !== 0) return 'only root may change its root folder'
  return ['/usr/bin', '/bin', '/usr/sbin'].some(path => existsSync(join(path, program)))
    ? unreachable
    : `${program} is not installed`
}

test('the image for Fargate serves in an empty root folder, as its own user, with nothing of this machine', {
  timeout: 90_000,
}, async context => {
  const why = missing('unshare')
  if (why) return context.skip(why)
  const image = await buildImage({
    repositoryRoot: ROOT,
    outputFolder: KEPT,
    platform: 'linux/amd64',
    base: 'full',
    assets: BACKEND_ASSETS,
    debian: { mirror: process.env.CLARITY_DEBIAN_MIRROR },
  })
  expect(image.appLayerBytes).toBeLessThan(5_000_000)
  const root = await unpack(image, 'fargate')
  const { config } = JSON.parse(await readFile(image.config.path, 'utf8'))
  const port = await freePort()
  const compose = parse(readFileSync(join(ROOT, COMPOSE), 'utf8')).services.app.environment
  const env = {
    ...Object.fromEntries(config.Env.map((line: string) => line.split(/=(.*)/s).slice(0, 2))),
    ...compose,
    PORT: String(port),
    HOST: '127.0.0.1',
  }
  const [command, ...args] = config.Cmd
  const [user, group] = config.User.split(':')
  const inside = ['--root', root, '--wd', config.WorkingDir, '--setgid', group, '--setuid', user]
  // the runtime looks the command up in the image's PATH
  const program = env.PATH.split(':')
    .map((path: string) => join(path, command))
    .find((path: string) => existsSync(join(root, path)))
  const task = spawn('/usr/bin/unshare', [...inside, program, ...args], { env })
  let said = ''
  for (const stream of [task.stdout, task.stderr]) stream.on('data', chunk => (said += chunk))
  try {
    const answer = await until(async () => {
      if (task.exitCode !== null) throw new Error(`it ended with ${task.exitCode}: ${said}`)
      return fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    })
    expect(await answer.json()).toMatchObject({ status: 'ok', release: 'compose' })
  } finally {
    task.kill('SIGKILL')
  }
})

test('the bill of materials names Node, Debian’s packages and what was bundled', async context => {
  if (unreachable) return context.skip(unreachable)
  const bill = JSON.parse(small.sbomText)
  const purls: string[] = bill.components.map((one: { purl: string }) => one.purl)
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
  expect(purls).toContain('pkg:generic/node@26.10.0')
  expect(purls.filter(purl => purl.startsWith('pkg:deb/debian/libc6@'))).toHaveLength(1)
  expect(purls.some(purl => purl.startsWith('pkg:npm/common@'))).toBe(true)
  const root = await unpack(small, 'bill')
  expect(await readFile(join(root, 'app/sbom.cdx.json'), 'utf8')).toBe(small.sbomText)
  for (const name of await readdir(join(root, 'var/lib/dpkg/status.d')))
    expect(existsSync(join(root, 'usr/share/doc', name, 'copyright'))).toBe(true)
})

test('the Dockerfile makes the same files, user, command, environment and labels', async context => {
  const why = missing('buildah')
  if (why) return context.skip(why)
  const root = await unpack(small, 'built')
  const place = join(folder, 'docker')
  await mkdir(join(place, 'ci-cd/docker'), { recursive: true })
  await cp(join(ROOT, 'ci-cd/docker/Dockerfile'), join(place, 'ci-cd/docker/Dockerfile'))
  await cp(join(ROOT, '.dockerignore'), join(place, '.dockerignore'))
  await dockerContext(small, join(place, '.clarity/docker'))
  const store = ['--storage-driver', 'vfs', '--root', join(folder, 'store'), '--runroot', join(folder, 'run')]
  const buildah = (...args: string[]) =>
    execFileSync('buildah', [...store, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim()
  const labels = await readFile(join(place, '.clarity/docker/labels.env'), 'utf8')
  const given = labels
    .trim()
    .split('\n')
    .flatMap(line => ['--build-arg', line])
  const file = join(place, 'ci-cd/docker/Dockerfile')
  buildah('bud', '--isolation', 'chroot', '--format', 'docker', ...given, '-t', 'theirs', '-f', file, place)
  const container = buildah('from', 'theirs')
  try {
    const theirs = JSON.parse(buildah('inspect', '--type', 'image', 'theirs')).Docker.config
    const { config: ours } = JSON.parse(await readFile(small.config.path, 'utf8'))
    for (const name of ['User', 'Env', 'Cmd', 'WorkingDir', 'ExposedPorts'])
      expect([name, theirs[name]]).toEqual([name, ours[name]])
    const { 'io.buildah.version': _, ...others } = theirs.Labels
    expect(others).toEqual({ 'org.opencontainers.image.source': '', ...ours.Labels })
    expect(theirs.Healthcheck.Test[1]).toBe('node')
    expect(await listing(buildah('mount', container))).toEqual(await listing(root))
  } finally {
    buildah('rm', container)
  }
})

test('the compose file starts the API with a configuration that it takes', () => {
  const { services } = parse(readFileSync(join(ROOT, COMPOSE), 'utf8'))
  const { app } = services
  expect(apiConfig(app.environment)).toMatchObject({
    table: 'clarity-health-data',
    skipExternalServices: true,
  })
  expect(existsSync(join(ROOT, 'ci-cd/docker', app.build.context, app.build.dockerfile))).toBe(true)
  for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
    for (const port of (service.ports ?? []) as string[]) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    if (name !== 'app') expect(service.image).toMatch(/:\d+\.\d+\.\d+$/)
    for (const other of Object.keys(service.depends_on ?? {}))
      expect(Array.isArray(service.depends_on) ? service.depends_on : Object.keys(services)).toContain(
        Array.isArray(service.depends_on) ? service.depends_on[Number(other)] : other,
      )
  }
  expect(services.s3.environment.COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS).toBe(
    app.environment.RAW_BUCKET,
  )
  expect(services.table.command.join()).toContain(`--table-name ${app.environment.TABLE_NAME}`)
})

async function unpack(image: Image, name: string): Promise<string> {
  const layers = join(folder, `${name}-layers`)
  const root = join(folder, name)
  await dockerContext(image, layers)
  await mkdir(root)
  for (const layer of ['debian', 'node', 'app'])
    execFileSync('tar', [
      '--extract',
      '--file',
      join(layers, `${layer}.tar`),
      '--directory',
      root,
      '--same-owner',
    ])
  await rm(layers, { recursive: true })
  return root
}

/** Every path with its mode, owner and content. */
async function listing(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const path of (await readdir(root, { recursive: true })).sort()) {
    const file = join(root, path)
    const { mode, uid, gid } = await lstat(file)
    const kind = mode & 0o170000
    const content =
      kind === 0o120000
        ? await readlink(file)
        : kind === 0o100000
          ? createHash('sha256')
              .update(await readFile(file))
              .digest('hex')
          : ''
    found[path] = `${mode.toString(8)} ${uid}:${gid} ${content}`
  }
  return found
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
