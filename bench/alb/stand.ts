import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'

/** Where haproxy is; undefined where it is not installed. */
export const HAPROXY = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/opt/homebrew/bin/haproxy'].find(
  existsSync,
)

/** Every process of the bench, for its end. */
export const children: ChildProcess[] = []

/** The two targets: a server with nothing to do, and the API's health check. @returns their ports by name */
export async function startTargets(): Promise<Record<string, number>> {
  const bare = fork(new URL('./target.ts', import.meta.url))
  children.push(bare)
  const [port] = (await once(bare, 'message')) as [number]
  const api = await freePort()
  const env = {
    PATH: process.env.PATH,
    ENVIRONMENT: 'local',
    RELEASE: 'bench',
    HOST: '127.0.0.1',
    PORT: String(api),
    LOG_LEVEL: 'error',
    AWS_REGION: 'us-east-1',
    TABLE_NAME: 'bench',
    RAW_BUCKET: 'bench',
    QUEUE_URL: 'http://127.0.0.1:1/124355672559/bench.fifo',
    USER_POOL_ID: 'us-east-1_bench0000',
    USER_POOL_CLIENT_ID: 'bench',
    GEMINI_API_KEY: 'none',
    GEMINI_MODEL: 'none',
    SKIP_EXTERNAL_SERVICES: 'true',
  }
  const program = new URL('../../backend/src/api.ts', import.meta.url).pathname
  children.push(spawn(process.execPath, [program], { env, stdio: ['ignore', 'ignore', 'inherit'] }))
  await answers(`http://127.0.0.1:${api}/health`)
  return { 'an empty server': port, 'the API': api }
}

/** A cloud with a load balancer before each target. @returns the ports of its listeners, in the targets' order */
export async function startBalancer(folder: string, targets: number[]): Promise<number[]> {
  const state = join(folder, 'state')
  const main = new URL('../../local-cloud/src/main.ts', import.meta.url).pathname
  const cloud = spawn(process.execPath, [main, '--state', state, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(cloud)
  for await (const chunk of cloud.stdout) if (String(chunk).includes('"message":"ready"')) break
  cloud.stdout.resume()
  const { endpoint, accessKeyId, secretAccessKey } = JSON.parse(
    await readFile(join(state, 'connection.json'), 'utf8'),
  )
  const client = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } }
  const elb = new ElasticLoadBalancingV2Client(client)
  const { VpcId, Subnets } = await network(new EC2Client(client))
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: 'bench', Subnets }))
  const ports: number[] = []
  for (const target of targets) {
    const made = await elb.send(
      new CreateTargetGroupCommand({
        Name: `bench-${target}`,
        Protocol: 'HTTP',
        Port: target,
        VpcId,
        TargetType: 'ip',
        HealthCheckPath: '/health',
      }),
    )
    const TargetGroupArn = made.TargetGroups?.[0]?.TargetGroupArn
    const Targets = [{ Id: '127.0.0.1', Port: target }]
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }))
    const Port = await freePort()
    await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port,
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    )
    await until('the target is healthy', async () => {
      const { TargetHealthDescriptions } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
      return TargetHealthDescriptions?.[0]?.TargetHealth?.State === 'healthy'
    })
    ports.push(Port)
  }
  return ports
}

/** A network of the cloud's own. */
async function network(ec2: EC2Client): Promise<{ VpcId: string; Subnets: string[] }> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))
  const VpcId = Vpc?.VpcId as string
  const make = async (zone: string, CidrBlock: string) => {
    const command = new CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: `us-east-1${zone}` })
    return (await ec2.send(command)).Subnet?.SubnetId as string
  }
  return { VpcId, Subnets: [await make('a', '10.0.0.0/24'), await make('b', '10.0.1.0/24')] }
}

/** haproxy before the same targets, with connections kept on both sides. @returns its ports, in their order */
export async function startHaproxy(program: string, folder: string, targets: number[]): Promise<number[]> {
  const ports: number[] = []
  let config = `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option forwardfor
`
  for (const target of targets) {
    const port = await freePort()
    ports.push(port)
    config += `frontend front-${target}
  bind 127.0.0.1:${port}
  default_backend back-${target}
backend back-${target}
  server target 127.0.0.1:${target}
`
  }
  const path = join(folder, 'haproxy.cfg')
  await writeFile(path, config)
  children.push(spawn(program, ['-f', path, '-db'], { stdio: ['ignore', 'ignore', 'inherit'] }))
  for (const port of ports) await answers(`http://127.0.0.1:${port}/health`)
  return ports
}

async function answers(url: string): Promise<void> {
  await until(`${url} answers`, () =>
    fetch(url).then(
      response => response.ok,
      () => false,
    ),
  )
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within 20 seconds: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
