import { AllocateAddressCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { ENVIRONMENTS } from '@clarity/environments'
import { startTestCloud, type TestCloud } from '@clarity/local-cloud/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNetwork } from '../aws/network.ts'
import type { Event } from '../ui/events.ts'
import { checkAccount } from './check-account.ts'
import { closeDefaultGroup } from './close-default-group.ts'

const { prod } = ENVIRONMENTS
let cloud: TestCloud
let ec2: EC2Client
beforeAll(async () => {
  cloud = await startTestCloud()
  ec2 = new EC2Client(cloud.client)
})
afterAll(() => cloud.stop())

/** The lines of what was found. */
async function look(dryRun: boolean, quota?: number): Promise<string[]> {
  const events: Event[] = []
  const quotas = quota === undefined ? undefined : { value: async () => quota }
  const emit = (event: Event) => events.push(event)
  await checkAccount({ environment: prod, access: cloud.client, emit, dryRun, quotas })
  return events.flatMap(event => (event.type === 'note' ? [event.message.trim()] : []))
}
const ecsRole = () =>
  new IAMClient(cloud.client).send(new GetRoleCommand({ RoleName: 'AWSServiceRoleForECS' }))

test('a look changes nothing; a deploy makes the roles that services take for themselves', async () => {
  expect(await look(true, 100)).toContain('✓ AWSServiceRoleForECS is not there yet: the deploy makes it')
  await expect(ecsRole()).rejects.toMatchObject({ name: 'NoSuchEntityException' })
  expect(await look(false, 100)).toContain('✓ AWSServiceRoleForECS was made')
  await ecsRole()
  expect(await look(false, 100)).toContain('✓ AWSServiceRoleForECS is there')
})

test('quotas that are too small are told together, with the command that raises each', async () => {
  await ec2.send(new CreateVpcCommand({ CidrBlock: '10.99.0.0/16' }))
  await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }))
  await expect(look(false, 1)).rejects.toMatchObject({
    code: 'account_not_ready',
    exitCode: 9,
    message:
      'VPCs of the region: 1 are used, 1 more are needed, the quota is 1; Elastic IP addresses of the region: 1 are used, 3 more are needed, the quota is 1',
    fix: expect.stringMatching(
      /--quota-code L-F678F1CE --desired-value 2; .*--quota-code L-0263D0A3 --desired-value 4$/,
    ),
  })
  expect(await look(true, 1)).toContainEqual(expect.stringMatching(/^✗ VPCs of the region/))
})

test('what an endpoint cannot tell is neither passed nor failed', async () => {
  expect(await look(false)).toContainEqual(expect.stringMatching(/^✓ VPCs of the region: .* of 5 fit/))
  cloud.faults.add({ service: 'servicequotas', kind: 'error', code: 'NotImplemented', status: 501 })
  expect(await look(false)).toContainEqual(
    expect.stringMatching(/^\? VPCs of the region: this endpoint cannot tell/),
  )
  cloud.faults.clear()
})

test('the default security group is closed once, and a look leaves it open', async () => {
  const close = (dryRun: boolean) => closeDefaultGroup(cloud.client, prod, () => {}, dryRun)
  expect(await close(false)).toBe(0)
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.98.0.0/16' }))
  const Name = `/clarity/${prod.name}/vpc-id`
  await new SSMClient(cloud.client).send(new PutParameterCommand({ Name, Value: Vpc?.VpcId, Type: 'String' }))
  expect(await close(true)).toBe(2)
  expect(await close(false)).toBe(2)
  expect(await close(false)).toBe(0)
  const group = await createNetwork(cloud.client).defaultSecurityGroup(Vpc?.VpcId ?? '')
  expect(group).toMatchObject({ IpPermissions: [], IpPermissionsEgress: [] })
})
