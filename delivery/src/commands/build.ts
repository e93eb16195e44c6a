import { namesOf } from '@clarity/environments'
import { readHandedOn } from '../aws/parameters.ts'
import type { Invocation, RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { buildAndPublish } from '../deploy/prepare-image.ts'
import { ClarityError } from '../errors.ts'
import { hostPlatform } from '../image/base-layer.ts'
import { buildImage, type Image } from '../image/build-image.ts'
import { dockerContext } from '../image/docker-context.ts'
import { imageTag } from '../image/image-tag.ts'
import type { Platform } from '../image/oci.ts'
import { stateFolder } from '../local/connection.ts'
import { access, chooseTarget } from '../target.ts'
import { runStep } from '../ui/events.ts'
import { formatSeconds } from '../ui/render.ts'

/**
 * `clarity build`: the image of the checkout, under `.clarity/image/`: for this machine's local cloud, with
 * `--platform` for empty containers, with `--push <env>` for an environment and into its registry, signed. With
 * `--context` its layers are also laid out for the Dockerfile, under `.clarity/docker/`.
 */
export const run: RunCommand = async invocation => {
  const { emit, values } = invocation
  const push = values.push as string | undefined
  if (push !== undefined && values.platform !== undefined)
    throw usage(
      '--push and --platform do not go together',
      'leave --platform out: the environment has its own',
    )
  const { image, more } = push === undefined ? await buildHere(invocation) : await buildFor(push, invocation)
  const layers = image.layers.map(layer => `${layer.digest.slice(0, 19)} ${(layer.size / 1e6).toFixed(1)} MB`)
  const size = image.layers.reduce((sum, layer) => sum + layer.size, 0)
  const text = [
    `${image.manifestDigest} (${(size / 1e6).toFixed(1)} MB, ${formatSeconds(image.seconds)})`,
    ...layers.map(line => `  layer ${line}`),
    ...more,
  ]
  const { sbomText: _, ...data } = image
  emit({ type: 'result', text: text.join('\n'), data: { ...data, digest: image.manifestDigest } })
  return EXIT.succeeded
}

async function buildHere({
  emit,
  root,
  variables,
  values,
}: Invocation): Promise<{ image: Image; more: string[] }> {
  const platform = (values.platform as string | undefined) ?? hostPlatform()
  if (!isPlatform(platform))
    throw usage(`the platform '${platform}' is not known`, 'choose linux/amd64 or linux/arm64')
  const state = stateFolder(root, variables)
  const image = await runStep(
    emit,
    'image.build',
    `build the image of ${await imageTag(root)} for ${platform}`,
    step =>
      buildImage({
        repositoryRoot: root,
        outputFolder: `${state}/image`,
        platform,
        base: values.platform === undefined ? 'thin' : 'full',
        debian: { mirror: variables.CLARITY_DEBIAN_MIRROR },
        onProgress: step.progress,
      }),
  )
  if (!values.context) return { image, more: [] }
  const folder = `${state}/docker`
  await runStep(emit, 'image.context', `lay its layers out for the Dockerfile in ${folder}`, () =>
    dockerContext(image, folder),
  )
  return { image, more: [`  for ci-cd/docker/Dockerfile: ${folder}`] }
}

async function buildFor(
  name: string,
  { emit, root, variables, signal }: Invocation,
): Promise<{ image: Image; more: string[] }> {
  const target = chooseTarget(name, root, variables)
  const to = await access(target)
  const { environment } = target
  const handedOn = await readHandedOn(to, environment)
  const { image } = await buildAndPublish({
    target,
    access: to,
    environment,
    emit,
    handedOn,
    variables,
    signal,
  })
  return { image, more: [`  in ${namesOf(environment).repository}:${image.tag}, signed`] }
}

function usage(message: string, fix: string): ClarityError {
  return new ClarityError('usage', message, fix, { exitCode: EXIT.usage })
}

function isPlatform(text: string): text is Platform {
  return text === 'linux/amd64' || text === 'linux/arm64' || text === hostPlatform()
}
