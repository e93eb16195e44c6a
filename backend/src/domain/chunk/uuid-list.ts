import { isUuid } from '../usual-shape.ts'
import { packUuid, writeUuid } from './uuid-bytes.ts'

/** The UUIDs of an envelope's samples by their place, as they were sent. */
export interface UuidList {
  /** `undefined` where there is no sample, or none with a UUID. */
  at(ordinal: number): string | undefined
  /** About how much memory it takes. */
  bytes: number
}

const [NONE, LOWER, UPPER, MIXED] = [0, 1, 2, 3]

/** Keeps 17 bytes of each UUID: as texts they would take six times as much. */
export function uuidList(samples: readonly unknown[]): UuidList {
  const packed = Buffer.alloc(samples.length * 16)
  const forms = new Uint8Array(samples.length)
  const mixed = new Map<number, string>()
  samples.forEach((sample, ordinal) => {
    const { uuid } = (sample ?? {}) as { uuid?: unknown }
    if (typeof uuid !== 'string' || !isUuid(uuid)) return
    const form = packUuid(uuid, packed, ordinal * 16)
    forms[ordinal] = form === 'l' ? LOWER : form === 'u' ? UPPER : MIXED
    if (!form) mixed.set(ordinal, uuid)
  })
  return {
    bytes: samples.length * 17 + mixed.size * 100 + 200,
    at: ordinal => {
      const form = forms[ordinal] ?? NONE
      if (form === NONE) return undefined
      if (form === MIXED) return mixed.get(ordinal)
      const uuid = writeUuid(packed, ordinal * 16)
      return form === UPPER ? uuid.toUpperCase() : uuid
    },
  }
}
