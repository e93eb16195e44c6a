/** An image in ECR, as a task definition names it. */
export interface ImageReference {
  registryId: string
  region: string
  repositoryName: string
  id: { imageTag: string } | { imageDigest: string }
  text: string
}

/** Reads `<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:tag|@sha256:…]`; undefined for any other registry. */
export function parseImage(text: string): ImageReference | undefined {
  const match =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([a-z0-9][a-z0-9._/-]*?)(?::([\w.-]{1,128}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    )
  if (!match) return undefined
  const [, registryId = '', region = '', repositoryName = '', tag = 'latest', digest] = match
  const id = digest ? { imageDigest: digest } : { imageTag: tag }
  return { registryId, region, repositoryName, id, text }
}
