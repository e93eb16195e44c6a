import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createDynamodb } from '../../local-cloud/src/services/dynamodb/dynamodb.ts'
import { createGemini } from '../../local-cloud/src/services/gemini/gemini.ts'
import { createKms } from '../../local-cloud/src/services/kms/kms.ts'
import { createSecretsManager } from '../../local-cloud/src/services/secretsmanager/secretsmanager.ts'
import { startTestCloud, type TestCloud } from '../../local-cloud/src/testing.ts'

/** What insights need of AWS and Google, in a process of its own. */
export interface InsightCloud extends Pick<TestCloud, 'endpoint' | 'client'> {
  apiKey: string
  keyId: string
}

const cloud = await startTestCloud({
  services: [createDynamodb, createKms, createSecretsManager, createGemini],
})
const made = await new KMSClient(cloud.client).send(new CreateKeyCommand({}))
const apiKey = crypto.randomUUID()
const secret = { Name: 'clarity/gemini-api-key', SecretString: apiKey }
await new SecretsManagerClient(cloud.client).send(new CreateSecretCommand(secret))
const { endpoint, client } = cloud
process.send?.({ endpoint, client, apiKey, keyId: made.KeyMetadata?.KeyId } satisfies Partial<InsightCloud>)
process.once('message', async () => {
  await cloud.dispose()
  process.exit()
})
