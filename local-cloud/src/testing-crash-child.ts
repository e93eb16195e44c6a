import { startCloud } from './cloud.ts'
import type { CreateService } from './core/service.ts'

/** The process behind `startCrashableCloud`. */
const [state = '', service = ''] = process.argv.slice(2)
const [path, name = ''] = service.split('#')
const module = (await import(`./services/${path}`)) as Record<string, CreateService>
const create = module[name]
if (!create) throw new Error(`no export '${name}' in services/${path}`)
const { endpoint, key } = await startCloud({ state, services: [create] })
process.send?.({ endpoint, accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey })
