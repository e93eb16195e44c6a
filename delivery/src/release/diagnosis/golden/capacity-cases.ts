import type { Facts } from '../facts.ts'
import type { Case } from './case.ts'
import { event, notStarted, rolledBack } from './facts.ts'

export const CAPACITY_CASES: Case[] = [
  [
    'no-free-address',
    {
      events: event(
        'was unable to place a task. Reason: Unexpected EC2 error while attempting to Create Network Interface in subnet subnet-1: InsufficientFreeAddressesInSubnet',
      ),
    },
  ],
  [
    'no-network-interface',
    { tasks: notStarted('Timeout waiting for network interface provisioning to complete.') },
  ],
  ['no-network-interface', { events: event('was unable to place a task. Reason: RESOURCE:ENI') }],
  [
    'subnet-or-group-missing',
    {
      tasks: notStarted(
        "Unexpected EC2 error while attempting to Create Network Interface: InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist",
      ),
    },
  ],
  [
    'fargate-capacity',
    {
      events: event(
        'was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.',
      ),
    },
  ],
  [
    'quota',
    {
      events: event(
        "was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
      ),
    },
    /vCPUs/,
  ],
  [
    'spot-interrupted',
    {
      tasks: [
        {
          ...(notStarted('Your Spot Task was interrupted.')[0] as Facts['tasks'][0]),
          stopCode: 'SpotInterruption',
        },
      ],
    },
  ],
  [
    'infrastructure',
    {
      tasks: [
        {
          ...(notStarted('AWS Fargate task retirement')[0] as Facts['tasks'][0]),
          stopCode: 'TerminationNotice',
        },
      ],
    },
  ],
  [
    'deployment-bounds',
    {
      events: event(
        'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      ),
    },
  ],
  [
    'no-instance',
    {
      events: event(
        'was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.',
      ),
    },
  ],
  ['throttled', { events: event('operations are being throttled. Will try again later.') }],
  ['not-placed', { events: event('was unable to place a task. Reason: Internal error.') }],
  [
    'starts-keep-failing',
    { deployment: rolledBack(''), events: event('is unable to consistently start tasks successfully.') },
  ],
]
