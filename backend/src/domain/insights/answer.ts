import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { whenUsed } from '../when-used.ts'
import type { Fact } from './facts.ts'
import { groundingFaults } from './grounding.ts'

/** What became of a model's text: words that may be shown, or what is wrong with it. */
export type Judgement =
  | { ok: true; narrative: string }
  /** `malformed`: not even of the shape that was asked for. */
  | { ok: false; malformed: boolean; faults: string[] }

/**
 * The one gate between a model and a person: takes a text only if it is a JSON document of the shape that was asked for
 * and grounded in the facts.
 * @param text as the model wrote it
 */
export function judgeAnswer(text: string, facts: readonly Fact[]): Judgement {
  const answer = parse(text)
  if (!answer)
    return { ok: false, malformed: true, faults: ['the answer is not a JSON document of the given schema'] }
  const narrative = answer.narrative.trim()
  const faults = groundingFaults({ ...answer, narrative }, facts)
  if (!/[a-z]/i.test(narrative)) faults.push('the narrative says nothing')
  return faults.length === 0 ? { ok: true, narrative } : { ok: false, malformed: false, faults }
}

/** The answer's shape; beyond these sizes it is not what was asked for. */
const Answer = Type.Object({
  narrative: Type.String({ minLength: 1, maxLength: 2000 }),
  claims: Type.Array(
    Type.Object({
      text: Type.String({ minLength: 1, maxLength: 400 }),
      fact_ids: Type.Array(Type.String({ maxLength: 8 }), { maxItems: 20 }),
      numbers: Type.Array(Type.Number(), { maxItems: 20 }),
    }),
    { minItems: 1, maxItems: 40 },
  ),
})
const answers = whenUsed(() => Compile(Answer))

/** The same in the keywords that `responseJsonSchema` takes, which do not include lengths of strings. */
export const ANSWER_SCHEMA = {
  type: 'object',
  required: ['narrative', 'claims'],
  properties: {
    narrative: {
      type: 'string',
      description: 'The whole text: two to six short sentences, each on one fact',
    },
    claims: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['text', 'fact_ids', 'numbers'],
        properties: {
          text: { type: 'string', description: 'One statement of the narrative' },
          fact_ids: { type: 'array', items: { type: 'string' }, minItems: 1 },
          numbers: { type: 'array', items: { type: 'number' }, description: 'Every number in the statement' },
        },
      },
    },
  },
}

function parse(text: string) {
  try {
    const value: unknown = JSON.parse(text)
    return answers().Check(value) ? value : undefined
  } catch {
    return undefined
  }
}
