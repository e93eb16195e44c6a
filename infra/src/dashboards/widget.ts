/** One graph, or one sentence, on a dashboard. */
export type Widget = Graph | { text: string } | { alarms: string[]; title: string }

export interface Graph {
  title: string
  /** `[namespace, metric, dimension, value, …]`, the last with options where it needs some. */
  lines: (string | Record<string, unknown>)[][]
  stat?: string
  /** Seconds. @default 60 */
  period?: number
  /** A line across, such as an objective. */
  limit?: { label: string; value: number }
  region?: string
}

const WIDTH = 12
const HEIGHT = 6

/** The body of a dashboard: two widgets a row, in order (CloudWatch dashboard body structure). */
export function bodyOf(widgets: Widget[], region: string): { widgets: object[] } {
  return {
    widgets: widgets.map((widget, index) => ({
      x: (index % 2) * WIDTH,
      y: Math.floor(index / 2) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      ...drawn(widget, region),
    })),
  }
}

function drawn(widget: Widget, region: string): object {
  if ('text' in widget) return { type: 'text', properties: { markdown: widget.text } }
  if ('alarms' in widget) return { type: 'alarm', properties: { title: widget.title, alarms: widget.alarms } }
  const { title, lines, stat = 'Sum', period = 60, limit } = widget
  return {
    type: 'metric',
    properties: {
      title,
      metrics: lines,
      stat,
      period,
      region: widget.region ?? region,
      view: 'timeSeries',
      ...(limit ? { annotations: { horizontal: [limit] } } : {}),
    },
  }
}
