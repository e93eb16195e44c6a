import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { type LifecycleOptions, stopOnSignals } from './lifecycle.ts'
import { createLog } from './logging.ts'

const log = createLog({ level: 'silent', release: 'r', environment: 'test', service: 'api' })

function start(options: Partial<LifecycleOptions>) {
  const signals = new EventEmitter()
  const exit = vi.fn<(code: number) => void>()
  stopOnSignals({ log, stop: async () => {}, deadlineMs: 60_000, ...options, signals, exit })
  return { signals, exit }
}

test('a signal drains, then stops, then exits 0', async () => {
  const order: string[] = []
  const { signals, exit } = start({
    drain: () => void order.push('drain'),
    drainMs: 1,
    stop: async () => void order.push('stop'),
  })
  signals.emit('SIGTERM', 'SIGTERM')
  expect(order).toEqual(['drain'])
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(0))
  expect(order).toEqual(['drain', 'stop'])
})

test('a second signal forces', async () => {
  const { signals, exit } = start({ stop: () => new Promise(() => {}) })
  signals.emit('SIGTERM', 'SIGTERM')
  expect(exit).not.toHaveBeenCalled()
  signals.emit('SIGINT', 'SIGINT')
  expect(exit).toHaveBeenCalledWith(1)
})

test('work that outlasts the deadline is cut off, and the exit code says so', async () => {
  const { signals, exit } = start({ stop: () => new Promise(() => {}), deadlineMs: 5 })
  signals.emit('SIGTERM', 'SIGTERM')
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(1))
})

test('a failure to stop exits 1', async () => {
  const { signals, exit } = start({ stop: async () => Promise.reject(new Error('no')) })
  signals.emit('SIGTERM', 'SIGTERM')
  await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(1))
})
