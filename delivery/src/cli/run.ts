import { parseArgs } from 'node:util'
import { ClarityError } from '../errors.ts'
import type { Emit } from '../ui/events.ts'
import type { Command, Invocation } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { overview, page } from './help.ts'

/**
 * Parses what was typed, runs the verb and turns every failure into one error event and an exit code.
 * Nothing is thrown.
 */
export async function runCli(
  commands: Command[],
  argv: string[],
  context: Omit<Invocation, 'positionals' | 'values' | 'emit'> & {
    createEmit(json: boolean): Emit
    /** Of the terminal; absent where there is none. */
    columns?: number
  },
): Promise<number> {
  const emit = context.createEmit(argv.includes('--json'))
  try {
    const typed = argv.filter(argument => argument !== '--json')
    const [name, ...rest] = typed[0] === 'help' && typed[1] ? [typed[1], '--help'] : typed
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      emit({
        type: 'result',
        text: overview(commands, context.columns),
        data: { commands: commands.map(c => c.name) },
      })
      return EXIT.succeeded
    }
    const command = commands.find(candidate => candidate.name === name)
    if (!command)
      throw usage(`there is no verb '${name}'`, `run 'clarity --help' for the list${closest(commands, name)}`)
    if (rest.includes('--help') || rest.includes('-h')) {
      emit({ type: 'result', text: page(command, context.columns), data: { command: name } })
      return EXIT.succeeded
    }
    const parsed = parse(command, rest)
    const { run } = await command.load()
    context.signal.addEventListener('abort', () =>
      emit({ type: 'note', message: 'interrupting; once more ends this at once' }),
    )
    return await run({ ...context, ...parsed, emit })
  } catch (error) {
    const told = context.signal.aborted && !isTold(error) ? interrupted() : explain(error)
    const { code, message, fix, evidence, exitCode } = told
    emit({ type: 'error', code, message, fix, evidence, exitCode })
    return exitCode
  }
}

function parse(command: Command, rest: string[]): Pick<Invocation, 'positionals' | 'values'> {
  const help = `run 'clarity ${command.name} --help'`
  let parsed: ReturnType<typeof parseArgs>
  try {
    const options = Object.fromEntries(
      Object.entries(command.options).map(([name, { description: _, value: __, ...option }]) => [
        name,
        option,
      ]),
    )
    parsed = parseArgs({ args: rest, options, allowPositionals: true })
  } catch (cause) {
    throw usage(parseWords(command, cause as Error & { code?: string }), help)
  }
  const missing = command.positionals.filter(p => p.required)[parsed.positionals.length]
  if (missing) throw usage(`${command.name} needs <${missing.name}>: ${missing.description}`, help)
  const extra = parsed.positionals[command.positionals.length]
  if (extra !== undefined) throw usage(`${command.name} does not take '${extra}'`, help)
  return { positionals: parsed.positionals, values: parsed.values as Invocation['values'] }
}

/** Node's words are of several sentences, and for whoever writes the program. */
function parseWords({ name, options }: Command, { code, message }: Error & { code?: string }): string {
  const option = /'(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1]
  if (!option) return message.toLowerCase()
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `${name} has no option '${option}'`
  const value = options[option.replace(/^-+/, '')]?.value
  return value ? `${option} needs <${value}>` : `${option} takes no value`
}

function usage(message: string, fix: string): ClarityError {
  return new ClarityError('usage', message, fix, { exitCode: EXIT.usage })
}

function interrupted(): ClarityError {
  return new ClarityError(
    'interrupted',
    'interrupted',
    "run 'clarity status' to see what goes on without you",
  )
}

/** A verb that knows what goes on without it has said so itself. */
function isTold(error: unknown): boolean {
  return error instanceof ClarityError && error.code === 'interrupted'
}

function closest(commands: Command[], name: string): string {
  const near = commands.find(c => c.name.startsWith(name.slice(0, 3)))
  return near ? `; did you mean '${near.name}'?` : ''
}

/** Turns what was not foreseen into something that can be acted on. */
function explain(error: unknown): ClarityError {
  if (error instanceof ClarityError) return error
  const { name, message, code } = error as Error & { code?: string }
  if (code === 'ECONNREFUSED' || /ECONNREFUSED/.test(message))
    return new ClarityError(
      'not_reachable',
      'nothing answers at the AWS endpoint',
      "for the laptop's AWS run 'make up'; for AWS check the network and CLARITY_AWS_ENDPOINT",
      { cause: error },
    )
  if (name === 'CredentialsProviderError')
    return new ClarityError(
      'no_credentials',
      'no AWS credentials were found',
      "sign in to AWS first: 'aws sso login' (CLARITY_PROFILE_<ENV> names the profile of an environment's account)",
    )
  if (code === 'ENOSPC')
    return new ClarityError(
      'disk_full',
      'the disk is full',
      "free some space; 'clarity down --wipe' forgets the laptop's state",
    )
  return new ClarityError(
    'unexpected',
    `${name}: ${message}`,
    'this was not foreseen; the stack below says where',
    {
      evidence: ((error as Error).stack ?? '')
        .split('\n')
        .slice(1, 6)
        .map(line => line.trim()),
      cause: error,
    },
  )
}
