import type { Facts } from './facts.ts'
import { MEND_ROLE } from './fixes.ts'
import { both, either, exits, type Match, type Rule, says, unhealthyFor } from './rule.ts'

const LOGS = "'clarity logs {environment} --service {part}'"
const CANNOT_LISTEN = /cannot listen|EADDRINUSE|listen EACCES/

/**
 * The container started and ended, or could not start. Exit codes above 128 are 128 and a signal. Texts:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
 */
export const CONTAINER_RULES: Rule[] = [
  {
    id: 'out-of-memory',
    confidence: 'certain',
    matches: says(/OutOfMemory/, ['task', 'event']),
    cause: 'the container used more memory than its {memory} MiB and was killed',
    fix: 'raise {part}.memory in environments/src/{environment}.ts and deploy; if it grew with the release, look for what it keeps',
  },
  {
    id: 'heap-exhausted',
    confidence: 'certain',
    matches: says(/heap out of memory|Reached heap limit/, ['log']),
    cause: 'Node ran out of heap, inside the {memory} MiB of the task',
    fix: 'raise {part}.memory in environments/src/{environment}.ts and deploy; if it grew with the release, look for what it keeps',
  },
  {
    id: 'wrong-architecture',
    confidence: 'certain',
    matches: says(/exec format error/, ['task', 'event', 'log']),
    cause: 'the program in the image is for another processor than {architecture}',
    fix: "build it for {architecture}: 'clarity build --platform {wanted}', then 'clarity deploy {environment}'",
  },
  {
    id: 'command-not-found',
    confidence: 'certain',
    matches: either(
      says(
        /(exec: \\?"?(?<command>[^"\\:]+)\\?"?: )?(stat .*no such file or directory|executable file not found)/,
        ['task', 'event'],
      ),
      exits(code => code === 127),
    ),
    cause: 'the command {command|of the container} is not in the image',
    fix: "compare command in 'clarity render {environment}' with what 'clarity build' puts into the image",
  },
  {
    id: 'command-not-executable',
    confidence: 'certain',
    matches: either(
      says(/exec: \\?"?(?<command>[^"\\:]+)\\?"?: permission denied/, ['task', 'event']),
      exits(code => code === 126),
    ),
    cause: 'the command {command|of the container} may not be executed by its user',
    fix: 'give it mode 0755 in the image, or name the interpreter in command',
  },
  {
    id: 'configuration-refused',
    confidence: 'certain',
    matches: says(/^configuration: (?<what>.{1,160})/, ['log']),
    cause: 'the application refuses its configuration: {what}',
    fix: "mend the variable that it names in delivery/src/release/task-definitions.ts or environments/src/{environment}.ts; 'clarity render {environment}' shows what the container gets",
  },
  {
    id: 'module-missing',
    confidence: 'certain',
    matches: says(/Cannot find (module|package) '?(?:[^' ]*\/)?(?<module>[^'/ ]+)|ERR_MODULE_NOT_FOUND/, [
      'log',
    ]),
    cause: 'the image lacks {module|a module that the application loads}',
    fix: "'clarity build' bundles backend/src: a file that is only named at run time must be imported there",
  },
  {
    id: 'wrong-port',
    confidence: 'certain',
    matches: both(
      portsDiffer,
      either(
        unhealthyFor(
          /Target\.FailedHealthChecks|Target\.Timeout|\(reason (Health checks failed|Request timed out)\)/,
        ),
        says(CANNOT_LISTEN, ['log']),
      ),
    ),
    cause: 'the container is told to listen on port {port}, the load balancer asks port {containerPort}',
    fix: 'make PORT and containerPort of the task definition equal: delivery/src/release/task-definitions.ts',
  },
  {
    id: 'cannot-listen',
    confidence: 'certain',
    matches: says(CANNOT_LISTEN, ['log']),
    cause: 'the application cannot listen on its port {containerPort}',
    fix: 'EADDRINUSE: something in the task has the port already; EACCES: ports under 1024 need root',
  },
  {
    id: 'application-denied',
    confidence: 'likely',
    matches: says(/AccessDenied\w*|UnauthorizedOperation|not authorized to perform: (?<action>\w+:\w+)/, [
      'log',
    ]),
    cause: 'the task role {taskRole} may not do what the application asks of AWS{action|}',
    fix: `the log says what was asked: ${LOGS}; ${MEND_ROLE}`,
  },
  {
    id: 'runtime-timeout',
    confidence: 'certain',
    matches: says(/ContainerRuntimeTimeoutError|DockerTimeoutError|Could not transition to started/),
    cause: 'the container runtime did not start the container in time',
    fix: 'mostly the host was overloaded: deploy again; if it stays, raise the cpu of the task',
  },
  {
    id: 'cannot-start',
    confidence: 'likely',
    matches: says(/CannotStartContainer\w*:? ?(?<why>.{0,200})/),
    cause: 'the container cannot be started',
    fix: "the evidence says why; check command, user, mount points and memory in 'clarity render {environment}'",
  },
  {
    id: 'cannot-create',
    confidence: 'likely',
    matches: says(/CannotCreateContainer|CannotCreateVolume/),
    cause: 'the container cannot be created from its definition',
    fix: "the evidence says why; check volumes, mount points, names and ports in 'clarity render {environment}'",
  },
  {
    id: 'cannot-inspect',
    confidence: 'likely',
    matches: says(/CannotInspectContainer/),
    cause: 'the runtime lost sight of the container',
    fix: 'mostly a fault of the host: deploy again; if it stays, raise cpu and memory of the task',
  },
  {
    id: 'segmentation-fault',
    confidence: 'likely',
    matches: exits(code => code === 139),
    cause: '{exited} ended by a segmentation fault (139), in native code',
    fix: 'look at native modules, at the base image and at whether they are for {architecture}',
  },
  {
    id: 'aborted',
    confidence: 'likely',
    matches: exits(code => code === 134),
    cause: '{exited} aborted itself (134), mostly at an assertion or at the end of its heap',
    fix: `its last words are in the log: ${LOGS}`,
  },
  {
    id: 'killed',
    confidence: 'likely',
    matches: exits(code => code === 137),
    cause:
      '{exited} was killed (137) though nobody had asked it to stop: mostly for memory, of which it has {memory} MiB',
    fix: 'look at MemoryUtilization of the service; raise {part}.memory in environments/src/{environment}.ts',
  },
  {
    id: 'terminated',
    confidence: 'possible',
    matches: exits(code => code === 143),
    cause:
      '{exited} ended by SIGTERM (143) though ECS had not asked it to stop: something inside the task sent it',
    fix: `look at what runs as its first process, and at the log: ${LOGS}`,
  },
  {
    id: 'killed-after-stop-timeout',
    confidence: 'possible',
    matches: killedAfterStopTimeout,
    cause:
      'a task that was asked to stop was still busy after {took} s and was killed (137); requests under way were cut off',
    fix: 'handle SIGTERM as the first process of the container, or raise stopTimeoutSeconds above the deregistration delay in environments/src/{environment}.ts (120 s is the most on Fargate)',
  },
  {
    id: 'ended-without-error',
    confidence: 'likely',
    matches: exits(code => code === 0),
    cause: '{exited} ended by itself without an error; a service must go on',
    fix: "it has nothing left to do: check command in 'clarity render {environment}'",
  },
  {
    id: 'application-crashed',
    confidence: 'likely',
    matches: exits(code => ![0, 126, 127, 134, 137, 139, 143].includes(code)),
    cause: '{exited} ended itself with exit code {code}',
    fix: `its last words are in the evidence; all of them: ${LOGS}; mend it and deploy again`,
  },
]

/** 137 after an order to stop is the runtime's SIGKILL, when as much time passed as the container had. */
function killedAfterStopTimeout({ tasks, taskDefinition }: Facts): Match | undefined {
  const patience = taskDefinition?.stopTimeout ?? 30
  const killed = tasks.flatMap(task => {
    const { id, stopCode, stoppedReason, stoppingAt, executionStoppedAt, containers } = task
    const took = ((executionStoppedAt?.getTime() ?? 0) - (stoppingAt?.getTime() ?? 0)) / 1000
    const ordered = stopCode !== 'EssentialContainerExited' && stopCode !== 'TaskFailedToStart'
    if (!ordered || !containers.some(c => c.exitCode === 137) || !stoppingAt || took < patience - 1) return []
    const text = `${stoppedReason}: exit code 137, ${took.toFixed(0)} s after it was asked to stop`
    return { took, evidence: { source: 'task' as const, task: id, text } }
  })
  const [first] = killed
  return (
    first && { evidence: killed.map(({ evidence }) => evidence), values: { took: first.took.toFixed(0) } }
  )
}

function portsDiffer({ taskDefinition }: Facts): Match | undefined {
  const { port, containerPort } = taskDefinition ?? {}
  if (port === undefined || containerPort === undefined || port === String(containerPort)) return undefined
  return { evidence: [], values: { port } }
}
