import { startProber } from '../delivery/src/deploy/prober.ts'
import { makeRelease } from '../test/support/change.ts'
import { type CliResult, createLaptop } from '../test/support/laptop.ts'

/**
 * Deploys, rollbacks after bake and rollbacks in bake of the real backend under steady traffic, on a laptop's AWS of
 * its own. `node bench/deploy.ts [rounds] [requests a second]`. Exits 1 when a request was lost or a rollback took
 * longer than its bar in the median.
 */
const ROUNDS = Number(process.argv[2] ?? 10)
const PER_SECOND = Number(process.argv[3] ?? 100)
/** Bars in seconds, from the command to all weight. */
const IN_BAKE = 2
const AFTER_BAKE = 15

const line = (name: string, value: string) => process.stdout.write(`${name.padEnd(56)} ${value}\n`)
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const spread = (values: number[]) =>
  `${median(values).toFixed(2)} median, ${Math.min(...values).toFixed(2)} least, ${Math.max(...values).toFixed(2)} most`

function expectSuccess(result: CliResult): CliResult {
  if (result.exitCode !== 0) throw new Error(`exit code ${result.exitCode}: ${result.last.message}`)
  return result
}

/** A deploy moves the worker before the API, a rollback beside it. */
const ecsSeconds = {
  deploy: ({ last }: CliResult): number => {
    const { api = 0, worker = 0 } = last.data.outcome.ecsSeconds
    return api + worker
  },
  rollback: ({ last }: CliResult): number => {
    const { api = 0, worker = 0 } = last.data.outcome.ecsSeconds
    return Math.max(api, worker)
  },
}

const laptop = await createLaptop()
try {
  line(
    'first clarity up, without demo (s)',
    expectSuccess(await laptop.clarity('up', '--no-demo')).seconds.toFixed(1),
  )
  const traffic = startProber(`${laptop.baseUrl}/health`, {
    perSecond: PER_SECOND,
    releaseHeader: 'x-clarity-release',
  })
  const deploys: CliResult[] = []
  const rollbacks: CliResult[] = []
  const brakes: CliResult[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    await makeRelease(laptop, 2 * round)
    deploys.push(expectSuccess(await laptop.clarity('deploy', 'local')))
    rollbacks.push(expectSuccess(await laptop.clarity('rollback', 'local')))
    await makeRelease(laptop, 2 * round + 1)
    const deploy = laptop.start('deploy', 'local')
    await deploy.until(({ step, message = '' }) => step === 'release.api' && /BAKE_TIME/.test(message))
    brakes.push(expectSuccess(await laptop.clarity('rollback', 'local')))
    await deploy.end
  }
  const inBake = brakes.map(({ last }) => last.data.weightsSeconds as number)
  const afterBake = rollbacks.map(({ last }) => last.data.weightsSeconds as number)
  const predicted = rollbacks.map(({ last }) => last.data.predictedSeconds as number)
  const { sent, failed, slow, byRelease, reasons } = await traffic.stop()
  line('deploys, rollbacks', `${deploys.length}, ${rollbacks.length}`)
  line('requests sent', String(sent))
  line('requests lost', `${failed}${reasons.length ? ` (${reasons.join('; ')})` : ''}`)
  line('requests slower than 1 s', String(slow))
  line('releases that answered', String(Object.keys(byRelease).length))
  line('deploy (s)', spread(deploys.map(deploy => deploy.seconds)))
  line('rollback in bake: command to all weight on blue (s)', spread(inBake))
  line('rollback after bake: command to all weight (s)', spread(afterBake))
  line('  as it was predicted (s)', spread(predicted))
  line('rollback after bake, to its end (s)', spread(rollbacks.map(rollback => rollback.seconds)))
  line(
    'our own part of a deploy: all but ECS (s)',
    spread(deploys.map(d => d.seconds - ecsSeconds.deploy(d))),
  )
  line(
    'our own part of a rollback: all but ECS (s)',
    spread(rollbacks.map(r => r.seconds - ecsSeconds.rollback(r))),
  )
  process.exitCode = failed === 0 && median(inBake) < IN_BAKE && median(afterBake) < AFTER_BAKE ? 0 : 1
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${await laptop.cloudLog()}\n`)
  process.exitCode = 1
} finally {
  await laptop.dispose()
}
