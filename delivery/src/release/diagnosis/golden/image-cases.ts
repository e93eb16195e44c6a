import type { Case } from './case.ts'
import { ACCOUNT, event, IMAGE, notStarted, rolledBack } from './facts.ts'

const PULL = 'CannotPullContainerError: pull image manifest has been retried 7 time(s): '

export const IMAGE_CASES: Case[] = [
  ['image-not-found', { tasks: notStarted(`${PULL}failed to resolve ref ${IMAGE}: ${IMAGE}: not found`) }],
  [
    'image-architecture',
    {
      tasks: notStarted(`${PULL}image Manifest does not contain descriptor matching platform 'linux/amd64'`),
    },
    /linux\/amd64/,
  ],
  [
    'image-architecture',
    {
      events: event(
        `was unable to place a task. Reason: ${PULL}no matching manifest for linux/arm64/v8 in the manifest list entries.`,
      ),
    },
  ],
  [
    'image-no-network',
    {
      tasks: notStarted(
        `${PULL}failed to resolve ref ${IMAGE}: failed to do request: Head "https://${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/v2/clarity-backend/manifests/x": dial tcp 10.0.3.17:443: i/o timeout`,
      ),
    },
  ],
  [
    'image-denied',
    {
      tasks: notStarted(
        `${PULL}failed to resolve ref ${IMAGE}: unexpected status from HEAD request to https://${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/v2/clarity-backend/manifests/x: 403 Forbidden`,
      ),
    },
    /clarity-backend-execution-role/,
  ],
  [
    'image-rate-limit',
    {
      tasks: notStarted(
        'CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/node/manifests/sha256: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.',
      ),
    },
  ],
  [
    'image-disk-full',
    { tasks: notStarted(`${PULL}failed to copy: write /var/lib/containerd: no space left on device`) },
  ],
  [
    'image-damaged',
    {
      tasks: notStarted(
        `CannotPullContainerError: ref pull has been retried 1 time(s): failed commit on ref "layer-sha256:aa": unexpected commit digest sha256:bb, expected sha256:aa: failed precondition`,
      ),
    },
  ],
  [
    'image-digest-unresolved',
    {
      deployment: rolledBack(
        'Service deployment failed: unable to resolve image digest for container api after 3 attempts.',
      ),
    },
  ],
  [
    'image-not-pulled',
    { tasks: notStarted('CannotPullContainerError: Error response from daemon: something new') },
  ],
]
