import { createHash } from 'node:crypto'
import type { BundledPackage } from './bundled-packages.ts'
import { debianPurl } from './debian-layer.ts'
import type { DebianBase } from './debian-packages.ts'
import type { Platform } from './oci.ts'

/** Media type of the document, for registries. */
export const SBOM_TYPE = 'application/vnd.cyclonedx+json'

export interface SbomInput {
  tag: string
  /** ISO 8601: when the commit was made. */
  created: string
  platform: Platform
  /** The npm package of the Node binary. */
  node: BundledPackage
  /** Absent where the image brings no C library. */
  debian?: DebianBase
  /** What the application was bundled from. */
  packages: BundledPackage[]
}

interface Component {
  type: string
  'bom-ref': string
  name: string
  version: string
  purl: string
  group?: string
  licenses?: object[]
  hashes?: { alg: string; content: string }[]
  cpe?: string
}

/**
 * All that an image holds, as CycloneDX 1.6: Node, Debian's packages, and every npm package of which code is in the
 * bundle, with versions, licences, package URLs and hashes of what was installed. The same text for the same input.
 * https://cyclonedx.org/docs/1.6/json/
 */
export function sbom({ tag, created, platform, node, debian, packages }: SbomInput): string {
  const architecture = platform.split('/')[1] ?? ''
  const root = {
    type: 'container',
    'bom-ref': 'image',
    name: 'clarity-backend',
    version: tag,
    licenses: licences('Apache-2.0'),
  }
  const components = [
    nodeComponent(node),
    ...(debian ? debianComponents(debian, architecture) : []),
    ...packages.map(npmComponent),
  ].toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: created,
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'clarity build' }] },
      component: root,
      properties: [{ name: 'clarity:platform', value: platform }],
    },
    components,
    dependencies: [
      { ref: 'image', dependsOn: components.map(one => one['bom-ref']) },
      ...components.map(one => ({ ref: one['bom-ref'] })),
    ],
  }
  const { $schema, bomFormat, specVersion, ...rest } = document
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(rest))}`
  return `${JSON.stringify({ $schema, bomFormat, specVersion, serialNumber, ...rest }, null, 1)}\n`
}

function npmComponent({ name, version, licence, integrity }: BundledPackage): Component {
  const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name]
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group ? { group } : {}),
    name: short ?? name,
    version,
    ...(licence ? { licenses: licences(licence) } : {}),
    ...(integrity ? { hashes: [hashOf(integrity)] } : {}),
    purl,
  }
}

/** Node as scanners know it, by its CPE; the hash is that of the npm package that brings the binary. */
function nodeComponent({ version, integrity }: BundledPackage): Component {
  const purl = `pkg:generic/node@${version}`
  return {
    type: 'platform',
    'bom-ref': purl,
    name: 'node',
    version,
    licenses: licences('MIT'),
    ...(integrity ? { hashes: [hashOf(integrity)] } : {}),
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl,
  }
}

function debianComponents(base: DebianBase, architecture: string): Component[] {
  return base.packages.map(one => {
    const purl = debianPurl(one, architecture, base)
    return {
      type: 'library',
      'bom-ref': purl,
      name: one.name,
      version: one.version,
      licenses: licences(one.licence),
      hashes: [{ alg: 'SHA-256', content: one.files[architecture]?.sha256 ?? '' }],
      purl,
    }
  })
}

/** A single licence by its id, several as an expression; what is no SPDX id stays a name. */
function licences(text: string): object[] {
  if (/\s/.test(text)) return [{ expression: text }]
  return [{ license: /^[\w.+-]+$/.test(text) ? { id: text } : { name: text } }]
}

function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = '', value = ''] = integrity.split('-')
  return {
    alg: algorithm.replace('sha', 'SHA-'),
    content: Buffer.from(value, 'base64').toString('hex'),
  }
}

/** A UUID of version 8 (RFC 9562): made from the content, so that the same image has the same bill. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-')
}
