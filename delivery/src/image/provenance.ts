import type { KeyObject } from 'node:crypto'
import type { Image } from './build-image.ts'
import { openEnvelope } from './dsse.ts'

/** https://slsa.dev/spec/v1.0/provenance */
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1'
const STATEMENT = 'https://in-toto.io/Statement/v1'
/** What `clarity build` does, and what it takes: docs/decisions/0015-an-image-says-where-it-comes-from.md */
const BUILD_TYPE = 'https://clarity.example/build/v1'

export interface ProvenanceInput {
  repository: string
  image: Pick<Image, 'tag' | 'platform' | 'base' | 'source' | 'manifestDigest' | 'layers' | 'sbom'>
  /** Who built: `github:<workflow ref>` or `local:<user>@<host>`. */
  builder: string
  /** The run that built, where there is one to look at. */
  invocation?: string
  /** ISO 8601. */
  finished: string
}

/** What may be believed of an image once a key that is trusted has signed it. */
export interface Provenance {
  builder: string
  /** The commit, or what stands for it. */
  revision: string
}

/** Says of an image, by its digest, which sources, base and builder it comes from: an in-toto statement. */
export function provenance({ repository, image, builder, invocation, finished }: ProvenanceInput): string {
  const { source, layers, sbom } = image
  const digest = (text: string) => ({ sha256: text.slice('sha256:'.length) })
  const commit = source.commit
    ? [
        {
          uri: source.source ? `git+${source.source}` : 'git',
          digest: { gitCommit: source.commit },
          annotations: { dirty: source.tag.includes('-dirty-') },
        },
      ]
    : []
  return JSON.stringify({
    _type: STATEMENT,
    subject: [{ name: repository, digest: digest(image.manifestDigest) }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { revision: source.tag, platform: image.platform, base: image.base },
        resolvedDependencies: [
          ...commit,
          ...layers.slice(0, -1).map(layer => ({ name: 'base layer', digest: digest(layer.digest) })),
        ],
      },
      runDetails: {
        builder: { id: builder },
        metadata: { ...(invocation ? { invocationId: invocation } : {}), finishedOn: finished },
        byproducts: [{ name: 'sbom.cdx.json', digest: digest(sbom.digest) }],
      },
    },
  })
}

/** What an envelope says of a digest. */
export type Judgement =
  | { kind: 'good'; provenance: Provenance; statement: string }
  /** Not signed by this key, or no provenance at all. */
  | { kind: 'unsigned' }
  /** Signed, and about another image. */
  | { kind: 'other'; digests: string[] }

/** Judges an envelope: signed by the key, a provenance, and of this very digest. */
export function judgeProvenance(envelope: string, key: KeyObject, digest: string): Judgement {
  const text = openEnvelope(envelope, key)
  if (text === undefined) return { kind: 'unsigned' }
  const { predicateType, subject, predicate } = parse(text) ?? {}
  if (predicateType !== PREDICATE_TYPE) return { kind: 'unsigned' }
  const digests = (subject ?? []).map(one => `sha256:${one.digest?.sha256}`)
  if (!digests.includes(digest)) return { kind: 'other', digests }
  return {
    kind: 'good',
    statement: text,
    provenance: {
      builder: predicate?.runDetails?.builder?.id ?? 'unnamed',
      revision: predicate?.buildDefinition?.externalParameters?.revision ?? 'unnamed',
    },
  }
}

interface Statement {
  predicateType?: string
  subject?: { digest?: { sha256?: string } }[]
  predicate?: {
    buildDefinition?: { externalParameters?: { revision?: string } }
    runDetails?: { builder?: { id?: string } }
  }
}

function parse(text: string): Statement | undefined {
  try {
    return JSON.parse(text) as Statement
  } catch {
    return undefined
  }
}
