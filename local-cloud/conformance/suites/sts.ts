import assert from 'node:assert/strict'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('STS/latest/APIReference/')
const SIGNING = '/IAM/latest/UserGuide/'

/** STS: who signs, roles lent, and signatures that do not hold. */
export const sts: Suite = {
  service: 'sts',
  cases: ({ config }) => {
    const client = new STSClient(config)
    const whoAmI = (change: object = {}) =>
      new STSClient({ ...config, ...change }).send(new GetCallerIdentityCommand())
    async function role(service?: string): Promise<{ name: string; arn: string }> {
      const name = freshName('role')
      const { Account } = await whoAmI()
      const Principal = service ? { Service: service } : { AWS: `arn:aws:iam::${Account}:root` }
      const trust = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
      }
      const { Role } = await new IAMClient(config).send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
      )
      return { name, arn: Role?.Arn as string }
    }
    const assume = (RoleArn: string, more: { DurationSeconds?: number; RoleSessionName?: string } = {}) =>
      client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...more }))
    const keysOf = ({ Credentials }: Awaited<ReturnType<typeof assume>>) => ({
      accessKeyId: Credentials?.AccessKeyId as string,
      secretAccessKey: Credentials?.SecretAccessKey as string,
      sessionToken: Credentials?.SessionToken as string,
    })

    return [
      says('API_GetCallerIdentity.html', 'tells account, user id and ARN of who signs', async () => {
        const { Account, Arn, UserId } = await whoAmI()
        assert.match(Account ?? '', /^\d{12}$/)
        assert.ok(Arn?.startsWith('arn:aws:') && UserId)
      }),
      says('API_AssumeRole.html', 'lends keys of a role, which sign as the session', async () => {
        const { name, arn } = await role()
        const lent = await assume(arn)
        assert.match(lent.Credentials?.AccessKeyId ?? '', /^ASIA/)
        const { Arn } = await whoAmI({ credentials: keysOf(lent) })
        assert.match(Arn ?? '', new RegExp(`^arn:aws:sts::\\d{12}:assumed-role/${name}/session$`))
        has(lent.AssumedRoleUser, { Arn })
      }),
      says('API_AssumeRole.html', 'a session lasts 900 seconds at least and an hour by default', async () => {
        const { arn } = await role()
        await refused(assume(arn, { DurationSeconds: 899 }), 'ValidationError', 400)
        const lent = await assume(arn)
        const seconds = ((lent.Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 1000
        assert.ok(seconds > 3500 && seconds <= 3605, `${seconds} s`)
      }),
      says('API_AssumeRole.html', 'the name of a session has 2 to 64 of a few characters', async () => {
        const { arn } = await role()
        await refused(assume(arn, { RoleSessionName: 'no spaces' }), 'ValidationError', 400)
      }),
      says('API_AssumeRole.html', 'a role that does not exist is not lent', async () => {
        const { arn } = await role()
        await refused(assume(`${arn}-none`), 'AccessDenied', 403)
      }),
      says('API_AssumeRole.html', 'a role that does not trust the caller is not lent', async () => {
        const { arn } = await role('ecs-tasks.amazonaws.com')
        await refused(assume(arn), 'AccessDenied', 403)
      }),
      says(`${SIGNING}reference_sigv-troubleshooting.html`, 'a wrong secret does not sign', async () => {
        const credentials = { ...keysOf(await assume((await role()).arn)), secretAccessKey: 'wrong' }
        await refused(whoAmI({ credentials }), 'SignatureDoesNotMatch', 403)
      }),
      says(`${SIGNING}reference_sigv-troubleshooting.html`, 'an unknown access key is refused', () =>
        refused(
          whoAmI({ credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' } }),
          'InvalidClientTokenId',
          403,
        ),
      ),
      says(
        `${SIGNING}id_credentials_temp_use-resources.html`,
        'temporary keys need their token',
        async () => {
          const { sessionToken: _, ...credentials } = keysOf(await assume((await role()).arn))
          await refused(whoAmI({ credentials }), 'InvalidClientTokenId', 403)
        },
      ),
      says(`${SIGNING}reference_sigv-troubleshooting.html`, 'a date 16 minutes off is refused', () =>
        refused(whoAmI({ systemClockOffset: -16 * 60_000 }), 'SignatureDoesNotMatch', 403),
      ),
    ]
  },
}
