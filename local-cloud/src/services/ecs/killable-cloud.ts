import { startCloud } from '../../cloud.ts'
import { SERVICES } from './fixture-services.ts'

/** The cloud of the restart test, in a process that the test can kill: `node killable-cloud.ts <state>`. */
const cloud = await startCloud({ state: process.argv[2] ?? '', speed: 600, services: SERVICES })
process.stdout.write(`${cloud.endpoint}\n`)
