import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** The 3072-bit group of RFC 5054 (that of RFC 3526, group 15), as Cognito uses it. */
const N = BigInt(
  `0x${[
    'FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD',
    'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED',
    'EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F',
    '83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B',
    'E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510',
    '15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7',
    'ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C',
    'BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF',
  ].join('')}`,
)
const G = 2n
const K = hashOf(pad(N), pad(G))

export interface SrpVerifier {
  srpSalt: string
  srpVerifier: string
}

/** What the server keeps between its two messages; `secret` never leaves it. */
export interface SrpExchange {
  clientPublic: string
  serverPublic: string
  secret: string
}

/** Who authenticates: the pool's name after the region, and the user's name in the pool. */
export interface SrpIdentity {
  poolName: string
  userId: string
}

/** The salt and verifier of a password: v = g^x, x = H(salt | H(pool user ":" password)). */
export function makeVerifier({ poolName, userId }: SrpIdentity, password: string): SrpVerifier {
  const salt = BigInt(`0x${randomBytes(16).toString('hex')}`)
  const inner = createHash('sha256').update(`${poolName}${userId}:${password}`).digest()
  const x = hashOf(pad(salt), inner)
  return { srpSalt: salt.toString(16), srpVerifier: power(G, x).toString(16) }
}

/**
 * The server's first message, B = kv + g^b.
 * @returns undefined where A mod N is zero, by which a client would choose the shared secret itself
 */
export function beginExchange(clientPublic: string, verifier: SrpVerifier): SrpExchange | undefined {
  if (!/^[0-9a-f]{1,1024}$/i.test(clientPublic) || hex(clientPublic) % N === 0n) return undefined
  const b = hex(randomBytes(64).toString('hex'))
  const B = (K * hex(verifier.srpVerifier) + power(G, b)) % N
  return { clientPublic, serverPublic: B.toString(16), secret: b.toString(16) }
}

/** Whether the client's signature proves that it knows the password behind the verifier. */
export function verifyProof(
  { poolName, userId }: SrpIdentity,
  verifier: SrpVerifier,
  exchange: SrpExchange,
  claim: { secretBlock: string; timestamp: string; signature: string },
): boolean {
  const A = hex(exchange.clientPublic)
  const u = hashOf(pad(A), pad(hex(exchange.serverPublic)))
  if (u === 0n) return false
  const S = power((A * power(hex(verifier.srpVerifier), u)) % N, hex(exchange.secret))
  const expected = createHmac('sha256', deriveKey(S, u))
    .update(poolName)
    .update(userId)
    .update(Buffer.from(claim.secretBlock, 'base64'))
    .update(claim.timestamp)
    .digest()
  const given = Buffer.from(claim.signature, 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** HKDF-SHA256, one block of it, with Cognito's own label. */
function deriveKey(S: bigint, u: bigint): Buffer {
  const extracted = createHmac('sha256', pad(u)).update(pad(S)).digest()
  return createHmac('sha256', extracted).update('Caldera Derived Key\u0001').digest().subarray(0, 16)
}

function hashOf(...parts: Buffer[]): bigint {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hex(hash.digest('hex'))
}

/** Whole bytes, with a zero before a set high bit, as Cognito's clients write numbers. */
function pad(number: bigint): Buffer {
  const text = number.toString(16)
  const even = text.length % 2 === 1 ? `0${text}` : text
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')
}

function hex(text: string): bigint {
  return BigInt(`0x${text}`)
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base % N
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % N
    square = (square * square) % N
  }
  return result
}
