import type { MortalCloud } from './cloud.ts'
import { BrokenPromise, NoAnswer } from './model.ts'

// biome-ignore lint/suspicious/noExplicitAny: shapes of many operations
export type Json = (operation: string, input: object) => Promise<any>

/** Calls a JSON service. @throws NoAnswer on 5xx, BrokenPromise on what the model never asks for */
export function jsonCall(cloud: MortalCloud, service: string, target: string): Json {
  return async (operation, input) => {
    const { status, body } = await cloud.send({
      service,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${target}.${operation}` },
      body: JSON.stringify(input),
    })
    const text = body.toString()
    if (status >= 500) throw new NoAnswer(`${operation}: ${status} ${text.slice(0, 200)}`)
    if (status !== 200) throw new BrokenPromise(`${operation} was refused: ${status} ${text.slice(0, 300)}`)
    return JSON.parse(text)
  }
}
