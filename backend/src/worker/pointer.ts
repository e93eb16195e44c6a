import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { UploadPointer } from '../domain/upload.ts'

/** Reads a queue message's body; `undefined` where it is not a pointer of ours. */
export function parsePointer(body: string): UploadPointer | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return POINTER.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

const name = Type.String({ minLength: 1 })

const POINTER = Compile(
  Type.Object({
    version: Type.Literal(1),
    user_id: name,
    upload_id: name,
    kind: Type.Enum(['samples', 'import', 'deletions', 'export', 'erasure', 'rebuild']),
    key: name,
    received_at: name,
    trace_id: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
  }),
)
