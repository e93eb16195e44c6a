import { type Behaviour, KINDS, type Kind } from './behaviours.ts'
import { invalidArgument } from './google-error.ts'

/** What was answered to one request; nothing of what was asked or said. */
export interface Call {
  model: string
  method: string
  status: number
  finishReason?: string
  behaviour?: Kind
}

/** Misbehaviours that are set, and what was answered lately. In memory: a restart forgets both. */
export interface GeminiControl {
  /** Answers `POST`, `GET` and `DELETE`. @throws GoogleError for what is no behaviour */
  answer(method: string, body: string): object
  /** The behaviour that strikes a request for this model, counted. */
  strike(model: string): Behaviour | undefined
  note(call: Call): void
}

const KEPT_CALLS = 100

export function createGeminiControl(): GeminiControl {
  let behaviours: Behaviour[] = []
  let calls: Call[] = []

  function answer(method: string, body: string): object {
    if (method === 'POST') behaviours.push(readBehaviour(body))
    else if (method === 'DELETE') {
      behaviours = []
      calls = []
    } else if (method !== 'GET') throw invalidArgument(`behaviours take POST, GET and DELETE, not ${method}`)
    return { behaviours, calls }
  }

  function strike(model: string): Behaviour | undefined {
    const found = behaviours.find(behaviour => (behaviour.model ?? model) === model)
    if (found?.times !== undefined && --found.times <= 0)
      behaviours = behaviours.filter(behaviour => behaviour !== found)
    return found
  }

  return {
    answer,
    strike,
    note: call => {
      calls = [...calls, call].slice(-KEPT_CALLS)
    },
  }
}

function readBehaviour(body: string): Behaviour {
  let behaviour: Behaviour
  try {
    behaviour = JSON.parse(body) as Behaviour
  } catch {
    throw invalidArgument('the body is not JSON')
  }
  if (!KINDS.includes(behaviour?.kind))
    throw invalidArgument(`there is no behaviour '${behaviour?.kind}'; choose one of ${KINDS.join(', ')}`)
  if (behaviour.times !== undefined && !(behaviour.times >= 1))
    throw invalidArgument(`times must be 1 or more, got ${behaviour.times}`)
  return behaviour
}
