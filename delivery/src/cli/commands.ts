import type { Command, CommandOption } from './command.ts'

const ENVIRONMENT = { name: 'env', required: true, description: 'local, dev, staging or prod' }
const LOCAL_BY_DEFAULT = {
  name: 'env',
  required: false,
  description: 'local (the default), dev, staging or prod',
}
const DRY_RUN: Record<string, CommandOption> = {
  'dry-run': { type: 'boolean', description: 'say what would change, change nothing' },
}
const WAIT: Record<string, CommandOption> = {
  wait: {
    type: 'string',
    value: 'seconds',
    description: "how long to wait for another's lock (default not)",
  },
}
const WAIT_APPROVAL: Record<string, CommandOption> = {
  'wait-approval': {
    type: 'boolean',
    description: 'wait for a person at the pause, instead of ending with exit code 5',
  },
}
const DECIDED: Record<string, CommandOption> = {
  release: {
    type: 'string',
    value: 'release',
    description: 'which release is meant; refused when another waits',
  },
}

/** How a verb that releases may end beside well and wrong. */
const OF_A_RELEASE: Command['exits'] = [
  'locked',
  'needsApproval',
  'rolledBack',
  'superseded',
  'timedOut',
  'preflightFailed',
]

/** Every verb of the command line, in the order in which the help lists them. */
export const COMMANDS: Command[] = [
  {
    name: 'up',
    summary: "start the laptop's AWS and ship the backend onto it, with demo data",
    positionals: [],
    options: {
      'no-demo': { type: 'boolean', description: 'leave out the demo user and data' },
      'only-cloud': {
        type: 'boolean',
        description: 'start the AWS alone, for other environments to rehearse',
      },
    },
    exits: OF_A_RELEASE,
    load: () => import('../commands/up.ts'),
  },
  {
    name: 'down',
    summary: "stop the laptop's AWS; its state is kept",
    positionals: [],
    options: { wipe: { type: 'boolean', description: 'forget the state too' } },
    load: () => import('../commands/down.ts'),
  },
  {
    name: 'env',
    summary: 'print shell exports that point awscli and SDKs at an environment',
    positionals: [LOCAL_BY_DEFAULT],
    options: {},
    load: () => import('../commands/env.ts'),
  },
  {
    name: 'status',
    summary: 'what runs: release, digest, tasks, targets, weights, last events',
    positionals: [LOCAL_BY_DEFAULT],
    options: {},
    exits: ['unhealthy'],
    load: () => import('../commands/status.ts'),
  },
  {
    name: 'plan',
    summary: 'what a release would change, and how long it and its rollback would take',
    positionals: [ENVIRONMENT],
    options: {},
    exits: ['preflightFailed'],
    load: () => import('../commands/plan.ts'),
  },
  {
    name: 'preflight',
    summary: 'all that would keep a release from working, at once, each with its mending',
    positionals: [ENVIRONMENT],
    options: {},
    exits: ['preflightFailed'],
    load: () => import('../commands/preflight.ts'),
  },
  {
    name: 'deploy',
    summary: 'build, push and release the backend; success only when it serves',
    positionals: [ENVIRONMENT],
    options: {
      ...DRY_RUN,
      ...WAIT,
      attach: {
        type: 'boolean',
        description: 'follow the deployment that is under way; takes it over when nobody does',
      },
      ...WAIT_APPROVAL,
    },
    exits: OF_A_RELEASE,
    load: () => import('../commands/deploy.ts'),
  },
  {
    name: 'rollback',
    summary: 'take back: stop a deployment in flight, or return to the last good release',
    positionals: [ENVIRONMENT],
    options: {
      ...DRY_RUN,
      ...WAIT,
      to: { type: 'string', value: 'release', description: 'which earlier release to return to' },
    },
    exits: ['locked', 'rolledBack', 'superseded', 'timedOut', 'preflightFailed'],
    load: () => import('../commands/rollback.ts'),
  },
  {
    name: 'promote',
    summary: 'release into one environment the very image that serves another',
    positionals: [
      { name: 'from', required: true, description: 'where it served and passed its suites' },
      { name: 'to', required: true, description: 'where it is to serve' },
    ],
    options: {
      ...DRY_RUN,
      ...WAIT,
      ...WAIT_APPROVAL,
      approved: {
        type: 'string',
        value: 'digest',
        description: 'a person has let this image into production already; any other is refused',
      },
    },
    exits: OF_A_RELEASE,
    load: () => import('../commands/promote.ts'),
  },
  {
    name: 'drill',
    summary: 'rehearse a failure under traffic and its rollback, with clocks; leaves evidence',
    positionals: [ENVIRONMENT],
    options: {
      ...DRY_RUN,
      ...WAIT,
      'yes-production': { type: 'boolean', description: 'hold it on prod, whose clients notice' },
    },
    exits: ['locked', 'rolledBack', 'superseded', 'timedOut', 'preflightFailed'],
    load: () => import('../commands/drill.ts'),
  },
  {
    name: 'approve',
    summary: 'let what was tested into production, where a person must approve it',
    positionals: [ENVIRONMENT],
    options: { ...DRY_RUN, ...DECIDED },
    exits: OF_A_RELEASE,
    load: () => import('../commands/approve.ts'),
  },
  {
    name: 'reject',
    summary: 'roll back what waits for a person',
    positionals: [ENVIRONMENT],
    options: { ...DRY_RUN, ...DECIDED },
    exits: OF_A_RELEASE,
    load: () => import('../commands/reject.ts'),
  },
  {
    name: 'unlock',
    summary: 'show who holds the lock of an environment (exit code 4), or take it away',
    positionals: [ENVIRONMENT],
    options: {
      force: {
        type: 'boolean',
        description: 'free the lock whoever holds it; leaves evidence of what they had begun',
      },
    },
    exits: ['locked'],
    load: () => import('../commands/unlock.ts'),
  },
  {
    name: 'health',
    summary: 'ask the backend, its dependencies and the load balancer how they are',
    positionals: [ENVIRONMENT],
    options: {},
    exits: ['unhealthy'],
    load: () => import('../commands/health.ts'),
  },
  {
    name: 'diagnose',
    summary: 'why a deployment failed: one cause with its evidence and the fix (exit code 3)',
    positionals: [ENVIRONMENT],
    options: {
      deployment: {
        type: 'string',
        value: 'arn',
        description: 'which one (default the newest of both services)',
      },
    },
    exits: ['unhealthy'],
    load: () => import('../commands/diagnose.ts'),
  },
  {
    name: 'history',
    summary: 'the releases of both services, how they ended, and the success rate',
    positionals: [ENVIRONMENT],
    options: {
      limit: { type: 'string', value: 'n', description: 'how many (default 20, at most 100)' },
      verify: { type: 'boolean', description: 'check the chain of evidence; exit code 1 when it is broken' },
      save: {
        type: 'string',
        value: 'folder',
        description: 'copy the evidence, one file a link, and check nothing',
      },
    },
    load: () => import('../commands/history.ts'),
  },
  {
    name: 'logs',
    summary: 'the newest log lines of the backend',
    positionals: [ENVIRONMENT],
    options: {
      service: { type: 'string', value: 'api|worker', description: 'whose lines (default api)' },
      lines: { type: 'string', value: 'n', description: 'how many (default 50)' },
      follow: { type: 'boolean', short: 'f', description: 'go on until Ctrl-C' },
    },
    load: () => import('../commands/logs.ts'),
  },
  {
    name: 'queue',
    summary: 'what waits and what was given up, with reasons (exit code 3), or move that back',
    positionals: [ENVIRONMENT, { name: 'action', required: true, description: 'status or redrive' }],
    options: {
      ...DRY_RUN,
      ...WAIT,
      rate: { type: 'string', value: 'n', description: 'redrive so many a second, 1 to 500' },
    },
    exits: ['unhealthy', 'locked', 'timedOut'],
    load: () => import('../commands/queue.ts'),
  },
  {
    name: 'rebuild',
    summary: 'make every chunk and summary anew from the raw envelopes in S3, and mend what differs',
    positionals: [ENVIRONMENT],
    options: {
      'dry-run': { type: 'boolean', description: 'compare only (exit code 3 where something differs)' },
      user: { type: 'string', value: 'id', description: 'only this user (default everyone)' },
      minutes: { type: 'string', value: 'n', description: 'how long to wait for the workers (default 60)' },
    },
    exits: ['unhealthy', 'timedOut'],
    load: () => import('../commands/rebuild.ts'),
  },
  {
    name: 'build',
    summary: 'build the OCI image without Docker',
    positionals: [],
    options: {
      platform: {
        type: 'string',
        value: 'os/arch',
        description:
          "for empty containers, with all that Node needs (default: for this machine's local cloud)",
      },
      push: { type: 'string', value: 'env', description: 'for this environment: sign it and push it there' },
      context: { type: 'boolean', description: 'also lay it out for ci-cd/docker/Dockerfile' },
    },
    exits: ['preflightFailed'],
    load: () => import('../commands/build.ts'),
  },
  {
    name: 'infra',
    summary: 'compare the stacks with what is there, bring it to them, or take it down but for its data',
    positionals: [{ name: 'action', required: true, description: 'diff, deploy or destroy' }, ENVIRONMENT],
    options: {
      ...DRY_RUN,
      'replace-stateful': {
        type: 'boolean',
        description: 'let the change set replace or delete what holds data; what it holds is lost',
      },
      'reset-weights': {
        type: 'boolean',
        description: "let the change set set the listener rules' weights to the template's",
      },
    },
    exits: ['preflightFailed'],
    load: () => import('../commands/infra.ts'),
  },
  {
    name: 'cost',
    summary: 'what a month costs by service and what would save most: estimated, or as billed',
    positionals: [ENVIRONMENT],
    options: {
      users: { type: 'string', value: 'n', description: 'for so many active users (default 1000)' },
      actual: {
        type: 'boolean',
        description: 'the last full month and this one so far, from Cost Explorer',
      },
    },
    load: () => import('../commands/cost.ts'),
  },
  {
    name: 'render',
    summary: 'print the task definitions as `aws ecs register-task-definition` takes them',
    positionals: [ENVIRONMENT],
    options: {},
    exits: ['preflightFailed'],
    load: () => import('../commands/render.ts'),
  },
]
