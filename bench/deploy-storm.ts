import { accessTo } from '../test/support/access.ts'
import { makeRelease } from '../test/support/change.ts'
import { type CliResult, createLaptop } from '../test/support/laptop.ts'
import { FAULTS, type Fault } from './storm/faults.ts'
import { createObserver, startTraffic } from './storm/observe.ts'

/**
 * Deployments of the real backend in a row under steady traffic, on a laptop's AWS of its own; four of ten are bad, in
 * ten different ways. `node bench/deploy-storm.ts [deployments] [requests a second]`. Exits 1 when a verdict was
 * wrong or a request was lost that no fault in production had spoilt.
 */
const DEPLOYMENTS = Number(process.argv[2] ?? 100)
const PER_SECOND = Number(process.argv[3] ?? 50)
/** Four of ten, and in a short storm as many as there are faults. */
const BAD_SHARE = Math.min(1, Math.max(0.4, FAULTS.length / DEPLOYMENTS))
/** A deployment here takes half a minute at most, on a busy machine two. */
const HANGS_MS = 300_000
const EXIT = { succeeded: 0, 'rolled-back': 6, 'preflight-failed': 9 }

interface Attempt {
  fault?: Fault
  seconds: number
  /** Seconds of each step of the command. */
  steps: Record<string, number>
  /** What is wrong with the verdict. */
  wrong?: string
  causeNamed: boolean
  lost: number
  /** Seconds from the first sign to the decision. */
  detect?: number
  /** Seconds from the first to the last request that the fault spoilt. */
  spoilt?: number
  /** Seconds from the decision until ECS had put everything back. */
  takeBack?: number
}

const line = (name: string, value: string | number) => process.stdout.write(`${name.padEnd(56)} ${value}\n`)
const tell = (text: string) => process.stderr.write(`${text}\n`)
const seconds = (from: Date | number, to: Date | number) => (Number(to) - Number(from)) / 1000

function spread(values: (number | undefined)[]): string {
  const known = values.filter(value => value !== undefined).toSorted((a, b) => a - b)
  if (known.length === 0) return 'none'
  return `${known[Math.floor(known.length / 2)]?.toFixed(2)} median, ${known.at(-1)?.toFixed(2)} worst (${known.length})`
}

function stepsOf({ events }: CliResult): Record<string, number> {
  const steps: Record<string, number> = {}
  for (const { step, seconds = 0 } of events)
    if (step && seconds > 0) steps[step] = (steps[step] ?? 0) + seconds
  return steps
}

/** Where the time of the deployments went, the longest first. */
function timeSpent(attempts: Attempt[]): [string, number][] {
  const spent = new Map<string, number>()
  const add = (name: string, value: number) => spent.set(name, (spent.get(name) ?? 0) + value)
  for (const { seconds, steps } of attempts) {
    const known = Object.values(steps).reduce((sum, value) => sum + value, 0)
    for (const [step, value] of Object.entries(steps)) add(step, value)
    add('all else', seconds - known)
  }
  return [...spent].toSorted(([, a], [, b]) => b - a)
}

const began = performance.now()
const laptop = await createLaptop()
try {
  const up = await laptop.clarity('up', '--no-demo')
  if (up.exitCode !== 0) throw new Error(`clarity up failed: ${up.last.message}`)
  const access = await accessTo(laptop)
  const observer = createObserver(laptop, access)
  const traffic = startTraffic(laptop, PER_SECOND)
  let serving = up.last.data.release as string

  async function attempt(round: number, fault: Fault | undefined): Promise<Attempt> {
    const before = { at: new Date(), standing: await observer.standing(), losses: traffic.lostAt.length }
    await fault?.inject(laptop, access)
    await makeRelease(laptop, round)
    const result = await deployInTime()
    const causeNamed = !fault || (await namesCause(fault, result))
    await fault?.undo(laptop, access)
    const release = fault ? serving : (result.last.data?.release as string)
    const wrong = await judge(result, fault, before.standing, release)
    serving = (await observer.answering())[0] ?? serving
    const losses = traffic.lostAt.slice(before.losses)
    const [first, last] = [losses[0], losses.at(-1)]
    const back = fault && (await observer.takenBack(before.at))
    const decided = back?.rollback?.startedAt
    const sign = (fault?.expect.spoilsRequests && first) || back?.createdAt
    return {
      fault,
      seconds: result.seconds,
      steps: stepsOf(result),
      wrong,
      causeNamed,
      lost: losses.length,
      detect: sign && decided && seconds(sign, decided),
      spoilt: first && last && seconds(first, last),
      takeBack: decided && back?.finishedAt && seconds(decided, back.finishedAt),
    }
  }

  /** A command that hangs is ended, tells where it was, and has no verdict. */
  async function deployInTime(): Promise<CliResult> {
    const running = laptop.start('deploy', 'local')
    const end = setTimeout(() => {
      tell(`it hangs; its last words: ${JSON.stringify(running.events.slice(-5))}`)
      running.kill('SIGKILL')
    }, HANGS_MS)
    const result = await running.end
    clearTimeout(end)
    return result.last ? result : { ...result, last: { type: 'error', message: 'no verdict' } }
  }

  async function namesCause({ name, expect: { cause } }: Fault, { last }: CliResult): Promise<boolean> {
    const said = [last.message, ...(last.evidence ?? [])].join('\n')
    if (cause.test(said)) return true
    const { services = [] } = (await laptop.clarity('diagnose', 'local')).last.data ?? {}
    const found = services.map((service: { cause?: object }) => JSON.stringify(service.cause)).join('\n')
    if (cause.test(found)) return true
    tell(`${name}: the cause is not named; the command says: ${said}; diagnose says: ${found}`)
    return false
  }

  /** Judges by exit code, by what both services are set to and by who answers. @returns what is wrong */
  async function judge(
    { exitCode, last }: CliResult,
    fault: Fault | undefined,
    standing: string,
    release: string,
  ): Promise<string | undefined> {
    const expected = EXIT[fault?.expect.verdict ?? 'succeeded']
    const says = last.message ?? last.text
    if (exitCode !== expected) return `exit code ${exitCode} instead of ${expected}: ${says}`
    if (((await observer.standing()) === standing) !== (fault !== undefined))
      return fault ? 'the services do not stand where they stood' : 'the services stand where they stood'
    const answering = await observer.answering()
    return answering.join() === release ? undefined : `${answering} answers instead of ${release}`
  }

  const attempts: Attempt[] = []
  for (let round = 1; round <= DEPLOYMENTS; round++) {
    const bad = Math.floor(round * BAD_SHARE)
    const isBad = bad > Math.floor((round - 1) * BAD_SHARE)
    const done = await attempt(round, isBad ? FAULTS[(bad - 1) % FAULTS.length] : undefined)
    attempts.push(done)
    tell(
      `${round}/${DEPLOYMENTS} ${done.fault?.name ?? 'good'}: ${done.wrong ?? 'right'}, ${done.seconds.toFixed(1)} s, ${done.lost} lost`,
    )
  }
  const { sent, slow, reasons } = await traffic.stop()

  const bad = attempts.filter(({ fault }) => fault)
  const spoiling = bad.filter(({ fault }) => fault?.expect.spoilsRequests)
  const harmless = attempts.filter(done => !spoiling.includes(done))
  const lost = (of: Attempt[]) => of.reduce((sum, done) => sum + done.lost, 0)
  const right = attempts.filter(({ wrong }) => !wrong).length
  const unexpected = traffic.lostAt.length - lost(spoiling)
  line('deployments', `${attempts.length}, ${bad.length} of them bad`)
  line('verdicts right', `${right} of ${attempts.length}`)
  line('causes named right', `${bad.filter(done => done.causeNamed).length} of ${bad.length}`)
  line('requests sent', sent)
  line('requests lost to good releases', lost(attempts.filter(({ fault }) => !fault)))
  line('requests lost to bad ones, fault before production', lost(harmless.filter(({ fault }) => fault)))
  line('requests spoilt by faults in production, in all', `${lost(spoiling)} by ${spoiling.length} releases`)
  line('requests slower than 1 s', slow)
  line(
    'time to detect, before production (s)',
    spread(bad.filter(d => !spoiling.includes(d)).map(d => d.detect)),
  )
  line('time to detect, in production (s)', spread(spoiling.map(done => done.detect)))
  line('time to restore, first to last spoilt request (s)', spread(spoiling.map(done => done.spoilt)))
  line('from the decision until all is put back (s)', spread(bad.map(done => done.takeBack)))
  const refused = bad.filter(({ fault }) => fault?.expect.verdict === 'preflight-failed')
  line('until preflight has refused a release (s)', spread(refused.map(done => done.seconds)))
  line('deploy, good (s)', spread(attempts.filter(({ fault }) => !fault).map(done => done.seconds)))
  line('deploy, bad (s)', spread(bad.map(done => done.seconds)))
  line('the whole storm (min)', ((performance.now() - began) / 60_000).toFixed(1))
  for (const [step, value] of timeSpent(attempts)) line(`  of it ${step} (s)`, value.toFixed(0))
  if (unexpected > 0) tell(`requests were lost: ${reasons.join('; ')}`)
  process.exitCode = right === attempts.length && unexpected === 0 ? 0 : 1
} catch (error) {
  tell(`${(error as Error).message}\n${await laptop.cloudLog()}`)
  process.exitCode = 1
} finally {
  await laptop.dispose()
}
