import type { Case } from './case.ts'
import { deployment, ended, notStarted } from './facts.ts'

const SHIM =
  'CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '

export const CONTAINER_CASES: Case[] = [
  [
    'out-of-memory',
    { tasks: ended(137, [], 'OutOfMemoryError: Container killed due to memory usage') },
    /1024 MiB/,
  ],
  [
    'heap-exhausted',
    {
      tasks: ended(134, [
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      ]),
    },
  ],
  ['wrong-architecture', { tasks: ended(1, ['exec /usr/local/bin/node: exec format error']) }],
  ['wrong-architecture', { tasks: notStarted(`${SHIM}exec: "node": exec format error: unknown`) }],
  [
    'wrong-architecture',
    { tasks: ended(255, ['standard_init_linux.go:228: exec user process caused: exec format error']) },
  ],
  [
    'command-not-found',
    { tasks: notStarted(`${SHIM}exec: "nodde": executable file not found in $PATH: unknown`) },
    /nodde/,
  ],
  [
    'command-not-found',
    { tasks: notStarted(`${SHIM}exec: "/app/run": stat /app/run: no such file or directory: unknown`) },
    /\/app\/run/,
  ],
  ['command-not-found', { tasks: ended(127, ['sh: nodde: not found']) }],
  ['command-not-executable', { tasks: notStarted(`${SHIM}exec: "/app/run": permission denied: unknown`) }],
  ['command-not-executable', { tasks: ended(126) }],
  [
    'configuration-refused',
    { tasks: ended(2, ['configuration: TABLE_NAME is missing; QUEUE_URL is missing']) },
    /TABLE_NAME is missing/,
  ],
  [
    'module-missing',
    {
      tasks: ended(1, [
        "Error: Cannot find module '/app/apii.js'",
        '    at Module._resolveFilename (node:internal/modules/cjs/loader:1456:15)',
      ]),
    },
    /apii\.js/,
  ],
  [
    'cannot-listen',
    {
      tasks: ended(1, [
        '{"level":"error","event":"cannot listen","reason":"EADDRINUSE","error":{"type":"Error","code":"EADDRINUSE","stack":[]}}',
      ]),
    },
  ],
  [
    'application-denied',
    {
      tasks: ended(1, [
        '{"level":"error","event":"failed","error":{"type":"AccessDeniedException","http_status":400,"stack":["at f (file:///app/api.js:1:2)"]}}',
      ]),
    },
    /task-role/,
  ],
  [
    'runtime-timeout',
    {
      tasks: notStarted(
        'ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m',
      ),
    },
  ],
  [
    'cannot-start',
    {
      tasks: notStarted(
        'CannotStartContainerError: Error response from daemon: error gathering device information',
      ),
    },
  ],
  [
    'cannot-create',
    { tasks: notStarted('CannotCreateContainerError: API error (400): invalid mount config') },
  ],
  [
    'cannot-inspect',
    {
      tasks: notStarted(
        'CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s',
      ),
    },
  ],
  ['segmentation-fault', { tasks: ended(139) }],
  ['aborted', { tasks: ended(134, ['Assertion failed']) }],
  ['killed', { tasks: ended(137) }],
  ['terminated', { tasks: ended(143) }],
  [
    'killed-after-stop-timeout',
    {
      counts: { desired: 2, running: 1, pending: 0 },
      deployment: deployment({ status: 'SUCCESSFUL' }),
      tasks: [
        {
          id: 'a'.repeat(32),
          stopCode: 'ServiceSchedulerInitiated',
          stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/8028176489071324567)',
          stoppingAt: new Date('2026-11-24T10:00:00Z'),
          executionStoppedAt: new Date('2026-11-24T10:00:30Z'),
          containers: [{ name: 'api', exitCode: 137 }],
        },
      ],
    },
    /after 30 s/,
  ],
  ['ended-without-error', { tasks: ended(0) }],
  [
    'application-crashed',
    {
      tasks: ended(1, [
        '{"level":"error","event":"boom","error":{"type":"TypeError","stack":["at start (file:///app/api.js:10:5)"]}}',
      ]),
    },
    /exit code 1/,
  ],
]
