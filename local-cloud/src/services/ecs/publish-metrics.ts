import type { Dimension, MetricDatum } from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../core/aws-error.ts'
import type { ServiceContext } from '../../core/service.ts'
import { type ProcessUsage, usageOf } from './process-usage.ts'
import type { Records, TaskRecord } from './records.ts'
import { countsOf, tasksOf } from './service-view.ts'
import { taskKey } from './task-record.ts'

/** Two readings of a task's processor time must be this far apart, as the kernel counts in hundredths of a second. */
const LEAST_MS = 250
const MIBIBYTE = 1024 * 1024

/** How a task fares: its units and MiB in use now, and what it may use. */
interface TaskUse {
  cpuUnits: number
  memory: number
  cpuReserved: number
  memoryReserved: number
}

/**
 * Hands the use of each service's tasks to CloudWatch each minute: `AWS/ECS` as AWS always does, and
 * `ECS/ContainerInsights` where the cluster has it. Processor time is taken over real time, whatever the clock says.
 * @returns what ends it
 */
export function publishEcsMetrics(context: ServiceContext, records: Records): () => void {
  const { clock } = context
  const readings = new Map<string, { cpuSeconds: number; at: number; units?: number }>()
  let cancel = () => {}

  function schedule(): void {
    cancel = clock.after(clock.minutes(1), () => {
      schedule()
      publish().catch(error => {
        if (!(error instanceof AwsError && error.status === 501))
          context.log('ecs', 'metrics were not published', { error: (error as Error).message })
      })
    })
  }

  async function publish(): Promise<void> {
    const usual: MetricDatum[] = []
    const insights: MetricDatum[] = []
    const seen = new Set<string>()
    for (const key of records.services.keys()) {
      const service = records.services.get(key)?.service
      if (!service || service.status === 'INACTIVE') continue
      const [cluster = '', name = ''] = key.split('/')
      const tasks = tasksOf(records, key)
      const running = tasks.filter(({ task }) => task.lastStatus === 'RUNNING')
      for (const task of running) seen.add(taskKey(task))
      const uses = running.flatMap(task => useOf(task) ?? [])
      const counts = { ...countsOf(tasks), desired: service.desiredCount ?? 0 }
      const dimensions = [
        { Name: 'ClusterName', Value: cluster },
        { Name: 'ServiceName', Value: name },
      ]
      usual.push(...utilization(uses, dimensions, clock.now()))
      const setting = records.clusters.get(cluster)?.settings?.find(one => one.name === 'containerInsights')
      if (/^enabled|^enhanced/.test(setting?.value ?? ''))
        insights.push(...insightsOf(uses, counts, dimensions, clock.now()))
    }
    for (const key of readings.keys()) if (!seen.has(key)) readings.delete(key)
    for (const [Namespace, MetricData] of [
      ['AWS/ECS', usual],
      ['ECS/ContainerInsights', insights],
    ] as const)
      if (MetricData.length > 0)
        await context.invoke('monitoring', 'PutMetricData', { Namespace, MetricData }, 'ecs.amazonaws.com')
  }

  /** Undefined until a task has been read twice. */
  function useOf(record: TaskRecord): TaskUse | undefined {
    const usages = record.processes.flatMap(({ pid }) => usageOf(pid) ?? [])
    if (usages.length === 0) return undefined
    const sum = (of: keyof ProcessUsage) => usages.reduce((total, one) => total + one[of], 0)
    const units = unitsOf(taskKey(record), sum('cpuSeconds'))
    if (units === undefined) return undefined
    const cpuReserved = Number(record.task.cpu ?? 256)
    const memoryReserved = Number(record.task.memory ?? 512)
    // A task of Fargate cannot use more than it has; the processes here could.
    return {
      cpuUnits: Math.min(units, cpuReserved),
      memory: Math.min(sum('memoryBytes') / MIBIBYTE, memoryReserved),
      cpuReserved,
      memoryReserved,
    }
  }

  function unitsOf(key: string, cpuSeconds: number): number | undefined {
    const at = performance.now()
    const last = readings.get(key)
    if (last && at - last.at < LEAST_MS) return last.units
    const units = last && Math.max(0, ((cpuSeconds - last.cpuSeconds) * 1000 * 1024) / (at - last.at))
    readings.set(key, { cpuSeconds, at, units })
    return units
  }

  schedule()
  return () => cancel()
}

/** Each task's share of what it may use, for its service and for its cluster. */
function utilization(uses: TaskUse[], dimensions: Dimension[], now: number): MetricDatum[] {
  if (uses.length === 0) return []
  const datum = (MetricName: string, Dimensions: Dimension[], Values: number[]) => ({
    MetricName,
    Dimensions,
    Timestamp: new Date(now),
    Values,
    Unit: 'Percent' as const,
  })
  const cpu = uses.map(({ cpuUnits, cpuReserved }) => share(cpuUnits, cpuReserved))
  const memory = uses.map(one => share(one.memory, one.memoryReserved))
  return [dimensions, dimensions.slice(0, 1)].flatMap(of => [
    datum('CPUUtilization', of, cpu),
    datum('MemoryUtilization', of, memory),
  ])
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html */
function insightsOf(
  uses: TaskUse[],
  counts: { running: number; pending: number; desired: number },
  Dimensions: Dimension[],
  now: number,
): MetricDatum[] {
  const total = (of: keyof TaskUse) => uses.reduce((sum, one) => sum + one[of], 0)
  const datum = (MetricName: string, Value: number, Unit: 'Count' | 'None' | 'Megabytes'): MetricDatum => ({
    MetricName,
    Dimensions,
    Timestamp: new Date(now),
    Value,
    Unit,
  })
  return [
    datum('DesiredTaskCount', counts.desired, 'Count'),
    datum('RunningTaskCount', counts.running, 'Count'),
    datum('PendingTaskCount', counts.pending, 'Count'),
    ...(uses.length === 0
      ? []
      : [
          datum('CpuUtilized', total('cpuUnits'), 'None'),
          datum('CpuReserved', total('cpuReserved'), 'None'),
          datum('MemoryUtilized', total('memory'), 'Megabytes'),
          datum('MemoryReserved', total('memoryReserved'), 'Megabytes'),
        ]),
  ]
}

const share = (used: number, reserved: number) => Math.round((used / reserved) * 10_000) / 100
