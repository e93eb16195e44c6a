import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { access, chooseTarget } from '../target.ts'

/** `eval "$(./clarity env local)"`: everything that awscli or an SDK needs to speak to the environment. */
export const run: RunCommand = async ({ emit, root, variables, positionals: [name = 'local'] }) => {
  const { region, endpoint, credentials } = await access(chooseTarget(name, root, variables))
  const exports: Record<string, string> = { AWS_REGION: region, AWS_DEFAULT_REGION: region }
  if (endpoint) exports.AWS_ENDPOINT_URL = endpoint
  if (credentials) {
    exports.AWS_ACCESS_KEY_ID = credentials.accessKeyId
    exports.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey
  }
  const text = Object.entries(exports).map(([key, value]) => `export ${key}='${value}'`)
  emit({ type: 'result', text: text.join('\n'), data: exports })
  return EXIT.succeeded
}
