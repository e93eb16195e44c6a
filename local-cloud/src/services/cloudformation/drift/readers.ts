import { COMPUTE_READERS } from './compute-readers.ts'
import { DATA_READERS } from './data-readers.ts'
import { NETWORK_READERS } from './network-readers.ts'
import type { Reader } from './reader.ts'
import { SECURITY_READERS } from './security-readers.ts'
import { WATCHING_READERS } from './watching-readers.ts'

/** Every type that drift detection can read back; the others are `NOT_CHECKED`, as types without support are on AWS. */
export const READERS: Readonly<Record<string, Reader>> = {
  ...COMPUTE_READERS,
  ...DATA_READERS,
  ...NETWORK_READERS,
  ...SECURITY_READERS,
  ...WATCHING_READERS,
}
