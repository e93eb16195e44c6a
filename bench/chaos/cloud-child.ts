import { flushCompileCache } from 'node:module'
import { startCloud } from '../../local-cloud/src/cloud.ts'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createEcr } from '../../local-cloud/src/services/ecr/ecr.ts'
import { createEcs } from '../../local-cloud/src/services/ecs/ecs.ts'
import { createElasticLoadBalancing } from '../../local-cloud/src/services/elasticloadbalancing/elasticloadbalancing.ts'
import { createLogs } from '../../local-cloud/src/services/logs/logs.ts'
import { createMonitoring } from '../../local-cloud/src/services/monitoring/monitoring.ts'
import { createS3 } from '../../local-cloud/src/services/s3/s3.ts'
import { createSqs } from '../../local-cloud/src/services/sqs/sqs.ts'
import { createSts } from '../../local-cloud/src/services/sts/sts.ts'

/** The cloud that is killed: `node cloud-child.ts <state> <port>`. Prints how it is reached, in one line. */
const [state = '', port = '0'] = process.argv.slice(2)
const cloud = await startCloud({
  state,
  port: Number(port),
  speed: 600,
  services: [
    createSts,
    createEcr,
    createElasticLoadBalancing,
    createMonitoring,
    createLogs,
    createDynamodb,
    createS3,
    createSqs,
    createEcs,
  ],
  log: (service, message, fields) => {
    if (/error/.test(message)) process.stderr.write(`${JSON.stringify({ service, message, ...fields })}\n`)
  },
})
const { accessKeyId, secretAccessKey } = cloud.key
process.stdout.write(
  `${JSON.stringify({ endpoint: cloud.endpoint, key: { accessKeyId, secretAccessKey } })}\n`,
)
// whoever is killed leaves no cache behind
flushCompileCache()
process.once('SIGTERM', () => void cloud.stop().then(() => process.exit(0)))
