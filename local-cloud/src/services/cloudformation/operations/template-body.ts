import { AwsError } from '../../../core/aws-error.ts'
import type { ServiceContext } from '../../../core/service.ts'
import { validationError } from '../errors.ts'
import { MAX_TEMPLATE, MAX_TEMPLATE_BODY } from '../template/parse.ts'

export type TemplateSource = { TemplateBody?: string; TemplateURL?: string }

/** Reads the template that a request brings with it or points to: S3 of this cloud, by AWS's addresses or its own. */
export type ReadTemplate = (source: TemplateSource) => Promise<string>

/** @throws (when reading) AwsError `ValidationError`: none given, both given, too large, not in this cloud's S3 */
export function createReadTemplate({ invoke, endpoint }: ServiceContext): ReadTemplate {
  return async ({ TemplateBody, TemplateURL }) => {
    if (TemplateBody && TemplateURL)
      throw validationError('Either Template URL or Template Body must be specified, not both.')
    if (TemplateURL) return fetched(TemplateURL)
    if (!TemplateBody) throw validationError('Either Template URL or Template Body must be specified.')
    if (Buffer.byteLength(TemplateBody) > MAX_TEMPLATE_BODY)
      throw validationError(
        `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_TEMPLATE_BODY}`,
      )
    return TemplateBody
  }

  async function fetched(url: string): Promise<string> {
    const place = placeOf(url, endpoint())
    if (!place)
      throw validationError(`TemplateURL must be a supported URL: ${url} is not an address of S3 here`)
    try {
      const { Body } = await invoke<{ Body: Uint8Array }>(
        's3',
        'GetObject',
        place,
        'cloudformation.amazonaws.com',
      )
      if (Body.length > MAX_TEMPLATE)
        throw validationError(`Template at ${url} is larger than ${MAX_TEMPLATE} bytes`)
      return Buffer.from(Body).toString('utf8')
    } catch (error) {
      if (!(error instanceof AwsError && error.status === 404)) throw error
      throw validationError(`S3 error: ${error.message}`)
    }
  }
}

/** `https://<bucket>.s3.<region>.amazonaws.com/<key>`, `https://s3.<region>.amazonaws.com/<bucket>/<key>`, or path style here. */
function placeOf(text: string, own: string): { Bucket: string; Key: string; VersionId?: string } | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const path = decodeURIComponent(url.pathname.slice(1))
  const VersionId = url.searchParams.get('versionId') ?? undefined
  const hosted = /^(?<bucket>.+)\.s3[.-](?:[\w-]+\.)?amazonaws\.com$/.exec(url.hostname)?.groups?.bucket
  if (hosted) return { Bucket: hosted, Key: path, VersionId }
  if (url.origin !== own && !/^s3[.-](?:[\w-]+\.)?amazonaws\.com$/.test(url.hostname)) return undefined
  const slash = path.indexOf('/')
  return slash > 0 ? { Bucket: path.slice(0, slash), Key: path.slice(slash + 1), VersionId } : undefined
}
