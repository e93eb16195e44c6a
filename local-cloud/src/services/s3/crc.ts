/** A running cyclic redundancy check, reflected, with all bits set before and inverted after, as both below want it. */
export interface Crc {
  update(bytes: Uint8Array): void
  /** Big-endian, as S3 sends it. */
  digest(): Buffer
}

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4. */
export function createCrc32c(): Crc {
  let crc = -1
  return {
    update: bytes => {
      for (let i = 0; i < bytes.length; i++)
        crc = (crc >>> 8) ^ (CRC32C[(crc ^ (bytes[i] as number)) & 0xff] as number)
    },
    digest: () => {
      const out = Buffer.alloc(4)
      out.writeInt32BE(~crc)
      return out
    },
  }
}

/** CRC-64/NVME, NVM Express specification section 5.2.1.3.4; in two halves because JavaScript's bits end at 32. */
export function createCrc64nvme(): Crc {
  let low = -1
  let high = -1
  return {
    update: bytes => {
      for (let i = 0; i < bytes.length; i++) {
        const index = (low ^ (bytes[i] as number)) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (CRC64.low[index] as number)
        high = (high >>> 8) ^ (CRC64.high[index] as number)
      }
    },
    digest: () => {
      const out = Buffer.alloc(8)
      out.writeInt32BE(~high, 0)
      out.writeInt32BE(~low, 4)
      return out
    },
  }
}

const CRC32C = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

const CRC64 = tables64(0x9a6c9329ac4bc9b5n)

function tables64(polynomial: bigint): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(256)
  const high = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
    low[byte] = Number(BigInt.asIntN(32, crc))
    high[byte] = Number(BigInt.asIntN(32, crc >> 32n))
  }
  return { low, high }
}
