import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { ClarityError } from '../errors.ts'
import { hostPlatform } from '../image/base-layer.ts'
import { buildImage } from '../image/build-image.ts'
import { imageTag } from '../image/image-tag.ts'
import type { Platform } from '../image/oci.ts'
import { stateFolder } from '../local/connection.ts'
import { runStep } from '../ui/events.ts'
import { formatSeconds } from '../ui/render.ts'

/** `clarity build`: the image of the checkout, under `.clarity/image/`. */
export const run: RunCommand = async ({ emit, root, variables, values }) => {
  const platform = (values.platform as string | undefined) ?? hostPlatform()
  if (!isPlatform(platform))
    throw new ClarityError(
      'usage',
      `the platform '${platform}' is not known`,
      'choose linux/amd64 or linux/arm64',
      {
        exitCode: EXIT.usage,
      },
    )
  const revision = await imageTag(root)
  const outputFolder = `${stateFolder(root, variables)}/image`
  const image = await runStep(emit, 'image.build', `build the image of ${revision} for ${platform}`, step =>
    buildImage({ repositoryRoot: root, outputFolder, platform, onProgress: step.progress }),
  )
  const layers = image.layers.map(layer => `${layer.digest.slice(0, 19)} ${(layer.size / 1e6).toFixed(1)} MB`)
  const text = [
    `${image.manifestDigest} (${formatSeconds(image.seconds)})`,
    ...layers.map(line => `  layer ${line}`),
  ]
  emit({ type: 'result', text: text.join('\n'), data: image })
  return EXIT.succeeded
}

function isPlatform(text: string): text is Platform {
  return text === 'linux/amd64' || text === 'linux/arm64' || text === hostPlatform()
}
