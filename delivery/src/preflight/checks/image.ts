import { namesOf } from '@clarity/environments'
import { type Check, failed, passed } from '../check.ts'

/** ECS's names of processors, and the image world's. */
const ARCHITECTURES: Record<string, string> = { X86_64: 'amd64', ARM64: 'arm64' }

/** An image for another processor starts and ends with `exec format error`, task after task. */
export const image: Check = {
  name: 'image',
  title: 'the image is in the registry, for the processor that the tasks want',
  run: async ({ environment, onLocalCloud, release, registry, images, image: { tag, digest: wanted } }) => {
    const { repository } = namesOf(environment)
    const { cpuArchitecture = 'X86_64' } = release.api.runtimePlatform ?? {}
    const architecture = ARCHITECTURES[cpuArchitecture] ?? cpuArchitecture
    const infra = `clarity infra deploy ${environment.name}`
    try {
      const digest = wanted
        ? await registry.digest(repository, { digest: wanted })
        : await registry.digest(repository, { tag })
      if (!digest && wanted)
        return [
          failed(
            `${repository} no longer has ${wanted}`,
            `deploy a commit, so that its image is built: clarity deploy ${environment.name}`,
          ),
        ]
      if (!digest)
        return [
          passed(`${repository} has no image of ${tag} yet: it will be built for ${architecture} and pushed`),
        ]
      const { platforms, base } = (await images.of(repository, digest)) ?? { platforms: [] }
      if (base === 'scratch' && !onLocalCloud)
        return [
          failed(
            `${digest} brings Node and no C library, and containers here are empty: it runs on the local cloud alone`,
            `build it with all that Node needs, under another tag (tags here never change): commit, then clarity deploy ${environment.name}`,
          ),
        ]
      // a Mac's own processes stand for Linux on the laptop
      if (platforms.some(platform => platform.split('/')[1] === architecture))
        return [passed(`${tag} is ${digest.slice(0, 19)}, for ${platforms.join(', ')}`)]
      return [
        failed(
          `${digest} was built for ${platforms.join(', ') || 'an unknown platform'}, and the tasks want ${architecture}`,
          `build it again for linux/${architecture} under another tag (tags here never change): commit, then clarity deploy ${environment.name}`,
        ),
      ]
    } catch (error) {
      if ((error as Error).name !== 'RepositoryNotFoundException') throw error
      return [failed(`there is no repository ${repository}`, infra)]
    }
  },
}
