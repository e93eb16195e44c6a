import pinned from './debian-packages.json' with { type: 'json' }
import type { Descriptor } from './oci.ts'

/** A package of the base, the same version for every processor. */
export interface DebianPackage {
  name: string
  version: string
  /** SPDX expression of what is copied from it. */
  licence: string
  /** By Debian's name of the processor. */
  files: Record<string, DebianFile>
}

export interface DebianFile {
  /** Below the mirror: `debian/pool/main/g/glibc/libc6_….deb`. */
  path: string
  /** Bytes. */
  size: number
  /** Hex. */
  sha256: string
}

/** What the base for Fargate is made of; `node ci-cd/docker/pin-base.ts` writes it anew. */
export interface DebianBase {
  /** Debian's version and name: `13`, `trixie`. */
  release: string
  codename: string
  /** A moment at which snapshot.debian.org has all of it, for when the mirrors have moved on. */
  snapshot: string
  packages: DebianPackage[]
  /** The layer that the packages make, by processor: whoever builds must come to the same. */
  layers: Record<string, Omit<Descriptor, 'mediaType'> & { diffId: string }>
}

/** The pinned base. */
export const DEBIAN_BASE: DebianBase = pinned
