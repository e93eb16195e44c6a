/** A number of seconds and where it comes from. */
export interface Figure {
  seconds: number
  source: string
}

/** How fast the parts of a release go that no setting decides. */
export interface Pace {
  name: 'AWS' | 'the laptop'
  /** From a task's creation to its first answer. */
  taskStart: Figure
  /** Until the first health check of a target that is new: one pass makes it healthy. */
  firstCheck(intervalSeconds: number): Figure
  /** From ECS's decision to the weights of a rule. */
  flip: Figure
  suites: Figure
  /** Until a target that drains is gone and its task has ended. */
  drain(deregistrationSeconds: number): Figure
  /** Until ECS calls a rolling service steady after its tasks run. */
  settle: Figure
  /** One call to ECS. */
  call: Figure
  /** Until the command has begun its work: the program, and what the stacks have handed on. */
  begin: Figure
  /** What a release's command does beside the deployments: checks, image, lock, verdict. */
  command: Figure
  /** Looking at what is there before a rollback changes anything. */
  checks: Figure
  /** Until connections that clients keep alive follow the weights. */
  keepAlive: Figure
  /** From a release's first bad answer to the decision to take it back. */
  detect: Figure
}

/** AWS by what has been published; nobody has published more than single measurements. */
export const AWS_PACE: Pace = {
  name: 'AWS',
  taskStart: {
    seconds: 57,
    source:
      'Fargate, 413 MB image, 53 to 62 s published (elasticscale.com/blog/reduce-aws-fargate-pull-times-with-soci)',
  },
  firstCheck: seconds => ({ seconds, source: 'one health check interval' }),
  flip: {
    seconds: 17,
    source: 'one measurement published (speakerdeck.com/player/740e123256314ee28e4d5711cd5f31b8, slide 15)',
  },
  suites: { seconds: 10, source: 'assumed' },
  drain: seconds => ({ seconds: seconds + 5, source: `deregistration ${seconds} s + 5 s to stop, assumed` }),
  settle: { seconds: 15, source: 'assumed' },
  call: { seconds: 1, source: 'assumed' },
  begin: { seconds: 1, source: 'assumed' },
  command: { seconds: 10, source: 'assumed, with an image that is built already' },
  checks: { seconds: 3, source: 'assumed' },
  keepAlive: { seconds: 5, source: 'assumed' },
  detect: { seconds: 6, source: '5 lost of 5 probes a second, each after at most 5 s' },
}

/** The laptop as its own local cloud was measured, by `node bench/deploy.ts`; past deployments correct it. */
export const LAPTOP_PACE: Pace = {
  name: 'the laptop',
  taskStart: { seconds: 0.5, source: 'measured' },
  firstCheck: () => ({ seconds: 0.1, source: 'the first check is at once' }),
  flip: { seconds: 0.1, source: 'measured' },
  suites: { seconds: 0.6, source: 'measured' },
  drain: seconds => ({ seconds: Math.min(seconds, 1), source: 'idle targets are let go' }),
  settle: { seconds: 1.7, source: 'measured' },
  call: { seconds: 0.1, source: 'measured' },
  begin: { seconds: 0.5, source: 'measured' },
  command: { seconds: 3, source: 'measured' },
  checks: { seconds: 0.8, source: 'measured' },
  keepAlive: { seconds: 0.1, source: 'measured' },
  detect: { seconds: 1, source: '5 lost of 5 probes a second' },
}
