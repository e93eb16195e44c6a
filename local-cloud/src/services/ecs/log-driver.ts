import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { LogConfiguration } from '@aws-sdk/client-ecs'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { quote, TaskFailure } from './errors.ts'

/** Longest event and largest batch of CloudWatch Logs, in bytes, less 26 bytes an event. */
const MOST_EVENT_BYTES = 256 * 1024 - 26
const MOST_BATCH_BYTES = 1024 * 1024
const MOST_BATCH_EVENTS = 10_000
/** How long lines are gathered before they are sent. */
const GATHER_MS = 100
/** Lines that wait when CloudWatch Logs does not take them; older ones are dropped, as in non-blocking mode. */
const MOST_WAITING = 50_000

interface LogEvent {
  timestamp: number
  message: string
}

export interface LogDriver {
  /** Sends each line of the stream until it ends. */
  read(stream: Readable): void
  /** Resolves when all that was read has been sent. */
  close(): Promise<void>
}

/**
 * The `awslogs` driver: lines of output become events of the stream `<prefix>/<container>/<task id>`.
 * Without a log configuration the output is read and dropped, as nobody could see it on Fargate either.
 * @throws TaskFailure `ResourceInitializationError: failed to validate logger args: …`
 */
export async function openLogDriver(
  configuration: LogConfiguration | undefined,
  container: string,
  taskId: string,
  role: string,
  context: ServiceContext,
): Promise<LogDriver> {
  if (configuration?.logDriver !== 'awslogs')
    return { read: stream => void stream.resume(), close: async () => {} }
  const options = configuration.options ?? {}
  const logGroupName = options['awslogs-group'] ?? ''
  const prefix = options['awslogs-stream-prefix']
  const logStreamName = prefix ? `${prefix}/${container}/${taskId}` : taskId
  if (options['awslogs-create-group'] === 'true') await create('CreateLogGroup', { logGroupName }, 'group')
  await create('CreateLogStream', { logGroupName, logStreamName }, 'stream')

  let waiting: LogEvent[] = []
  let open = 0
  let gathering: (() => void) | undefined
  let sending: Promise<void> = Promise.resolve()

  async function create(operation: string, input: object, what: string): Promise<void> {
    await context.invoke('logs', operation, input, role).catch(error => {
      if (error instanceof AwsError && error.code === 'ResourceAlreadyExistsException') return
      throw new TaskFailure(
        `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log ${what}: ${quote(error)} : exit status 1`,
      )
    })
  }

  function read(stream: Readable): void {
    const decoder = new StringDecoder('utf8')
    let rest = ''
    open++
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) add(line)
      while (rest.length > MOST_EVENT_BYTES / 4) {
        add(rest.slice(0, MOST_EVENT_BYTES / 4))
        rest = rest.slice(MOST_EVENT_BYTES / 4)
      }
    })
    const end = () => {
      if (rest) add(rest)
      rest = ''
      open--
    }
    stream.once('close', end)
    stream.on('error', () => {})
  }

  function add(line: string): void {
    // CloudWatch Logs refuses empty messages.
    if (line === '' || line === '\r') return
    // Cut by characters: four bytes is the most that one takes in UTF-8.
    waiting.push({ timestamp: context.clock.now(), message: line.slice(0, MOST_EVENT_BYTES / 4) })
    if (waiting.length > MOST_WAITING) waiting.splice(0, waiting.length - MOST_WAITING)
    gathering ??= context.clock.after(GATHER_MS, flush)
  }

  function flush(): void {
    gathering?.()
    gathering = undefined
    sending = sending.then(send)
  }

  async function send(): Promise<void> {
    while (waiting.length > 0) {
      let bytes = 0
      let count = 0
      for (const event of waiting.slice(0, MOST_BATCH_EVENTS)) {
        bytes += Buffer.byteLength(event.message) + 26
        if (bytes > MOST_BATCH_BYTES) break
        count++
      }
      const logEvents = waiting.slice(0, count)
      waiting = waiting.slice(count)
      await context
        .invoke('logs', 'PutLogEvents', { logGroupName, logStreamName, logEvents }, role)
        .catch(error =>
          context.log('ecs', 'log events were lost', { logGroupName, lost: count, error: quote(error) }),
        )
    }
  }

  async function close(): Promise<void> {
    for (let waits = 0; open > 0 && waits < 100; waits++) await context.clock.sleep(10)
    flush()
    await sending
  }

  return { read, close }
}
