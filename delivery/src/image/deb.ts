import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { ClarityError } from '../errors.ts'

/** A file, folder or symbolic link of a Debian package; names begin without `./`, folders end in `/`. */
export interface DebFile {
  name: string
  mode: number
  /** Absent for folders and links. */
  content?: Buffer
  /** What a symbolic link points to. */
  link?: string
}

/** A Debian package, read: what it installs, and what it says of itself. */
export interface Deb {
  files: DebFile[]
  /** The control paragraph, as dpkg would write it into its status. */
  control: string
}

/**
 * Reads a `.deb` without dpkg: an ar archive of a control and a data tar. None of its scripts is run.
 * https://manpages.debian.org/trixie/dpkg-dev/deb.5.en.html
 * @throws ClarityError `package_unreadable`
 */
export async function readDeb(archive: Buffer, name: string): Promise<Deb> {
  const members = arMembers(archive, name)
  const tar = async (part: string): Promise<DebFile[]> => {
    const [member, packed] = [...members].find(([file]) => file.startsWith(`${part}.tar`)) ?? []
    if (!member || !packed) throw unreadable(name, `it has no ${part}.tar`)
    return tarFiles(await unpack(member, packed, name))
  }
  const [control, files] = await Promise.all([tar('control'), tar('data')])
  const text = control.find(file => file.name === 'control')?.content
  if (!text) throw unreadable(name, 'it has no control file')
  return { files, control: text.toString('utf8') }
}

/** Unpacks xz, which Node does not know. */
export async function unxz(packed: Buffer): Promise<Buffer> {
  // CommonJS whose names Node does not find by itself
  const { XzReadableStream } = createRequire(import.meta.url)(
    'xz-decompress',
  ) as typeof import('xz-decompress')
  const source = Readable.toWeb(Readable.from([packed]))
  const stream = new XzReadableStream(source as ConstructorParameters<typeof XzReadableStream>[0])
  const chunks: Uint8Array[] = []
  for await (const chunk of stream as ReadableStream<Uint8Array>) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

function arMembers(archive: Buffer, name: string): Map<string, Buffer> {
  if (archive.toString('latin1', 0, 8) !== '!<arch>\n') throw unreadable(name, 'it is no ar archive')
  const members = new Map<string, Buffer>()
  for (let at = 8; at + 60 <= archive.length; ) {
    const header = archive.toString('latin1', at, at + 60)
    const size = Number(header.slice(48, 58))
    if (!Number.isInteger(size)) throw unreadable(name, `a member has the size '${header.slice(48, 58)}'`)
    members.set(header.slice(0, 16).trim().replace(/\/$/, ''), archive.subarray(at + 60, at + 60 + size))
    at += 60 + size + (size % 2)
  }
  return members
}

async function unpack(member: string, packed: Buffer, name: string): Promise<Buffer> {
  if (member.endsWith('.gz')) return gunzipSync(packed)
  if (member.endsWith('.zst')) return zstdDecompressSync(packed)
  if (!member.endsWith('.xz')) throw unreadable(name, `nothing here unpacks ${member}`)
  return unxz(packed)
}

async function tarFiles(tar: Buffer): Promise<DebFile[]> {
  const files: DebFile[] = []
  const reader = extract()
  reader.end(tar)
  for await (const entry of reader) {
    const { name, mode = 0o644, type, linkname } = entry.header as Header
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const file = { name: name.replace(/^\.?\//, ''), mode }
    if (type === 'symlink') files.push({ ...file, link: linkname ?? '' })
    else if (type === 'file') files.push({ ...file, content: Buffer.concat(chunks) })
    else if (type === 'directory' && file.name) files.push(file)
  }
  return files
}

function unreadable(name: string, why: string): ClarityError {
  return new ClarityError(
    'package_unreadable',
    `the Debian package ${name} cannot be read: ${why}`,
    'see that the mirror serves Debian packages',
  )
}
