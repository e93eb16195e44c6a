import { namesOf } from '@clarity/environments'
import { verifySigned } from '../../image/attestations.ts'
import { createRegistryClient } from '../../image/registry-client.ts'
import { type Check, failed, look, passed, unchecked } from '../check.ts'

/** What nobody has signed may come from anywhere: a laptop, a registry that was broken into, another's commit. */
export const signature: Check = {
  name: 'signature',
  title: 'the image says where it comes from, signed by the environment’s key',
  run: async ({ environment, registry, signingKey, image: { tag, digest } }) => {
    if (!digest) return [passed(`${tag} is not built yet: it is signed before it gets its tag`)]
    const { repository } = namesOf(environment)
    return look('the signature of the image', async () => {
      const client = createRegistryClient({ ...(await registry.login()), repository })
      const [key, there] = await Promise.all([signingKey.publicKey(), client.manifestDigest(digest)])
      if (!there)
        return [unchecked(`there is no ${digest} to look at`, 'see what the check of the image says')]
      const found = await verifySigned(client, digest, key)
      if (found.kind === 'signed') {
        const { revision, builder } = found.provenance
        return [
          passed(
            `${digest.slice(0, 19)} is of ${revision}, built by ${builder}, signed by ${signingKey.arn}`,
          ),
        ]
      }
      const why =
        found.kind === 'missing' ? 'no signed provenance hangs on it' : `${found.why} (${signingKey.arn})`
      return [
        failed(
          `${digest} of ${repository} may come from anywhere: ${why}`,
          `in the checkout that it was built from: clarity build --push ${environment.name}; where that is gone, deploy another commit`,
        ),
      ]
    })
  },
}
