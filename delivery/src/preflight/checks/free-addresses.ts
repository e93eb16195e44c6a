import { type Check, type Finding, failed, passed } from '../check.ts'
import { taskCounts } from '../task-counts.ts'

/** While two revisions run, there are twice the tasks, and every task has an address of its own. */
export const freeAddresses: Check = {
  name: 'free-addresses',
  title: 'the subnets exist and have addresses for twice the tasks',
  run: async world => {
    const ids = world.handedOn['private-subnet-ids'].split(',')
    const [subnets, counts] = await Promise.all([world.network.subnets(ids), taskCounts(world)])
    const findings: Finding[] = ids
      .filter(id => !subnets.some(({ SubnetId }) => SubnetId === id))
      .map(id =>
        failed(
          `the subnet ${id} does not exist`,
          `clarity infra deploy ${world.environment.name} (network, then the others)`,
        ),
      )
    for (const { SubnetId, VpcId } of subnets)
      if (VpcId !== world.handedOn['vpc-id'])
        findings.push(
          failed(
            `the subnet ${SubnetId} is in ${VpcId}, not in ${world.handedOn['vpc-id']}`,
            `clarity infra deploy ${world.environment.name}`,
          ),
        )
    const twice = counts.reduce((sum, { desired }) => sum + 2 * desired, 0)
    const running = counts.reduce((sum, count) => sum + count.running, 0)
    const needed = Math.max(0, twice - running)
    const free = subnets.map(s => ({ id: s.SubnetId, free: s.AvailableIpAddressCount ?? 0 }))
    const total = free.reduce((sum, subnet) => sum + subnet.free, 0)
    const words = `${free.map(s => `${s.id} ${s.free}`).join(', ')}; ${needed} needed (2 × ${twice / 2} tasks, ${running} run)`
    const full = free.filter(subnet => subnet.free === 0)
    if (total >= needed && (full.length === 0 || needed === 0))
      return [...findings, ...(subnets.length > 0 ? [passed(`free addresses: ${words}`)] : [])]
    if (subnets.length === 0) return findings
    const tight = full.length > 0 ? full.map(s => s.id).join(', ') : free.map(s => s.id).join(', ')
    return [
      ...findings,
      failed(
        `too few free addresses: ${words}`,
        `free some in ${tight} (aws ec2 describe-network-interfaces --filters Name=subnet-id,Values=${tight.replaceAll(' ', '')} shows what holds them), or add a zone in environments/src/${world.environment.name}.ts`,
      ),
    ]
  },
}
