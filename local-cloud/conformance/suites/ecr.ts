import assert from 'node:assert/strict'
import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { casesOf, freshName, has, refused, type Suite } from '../suite.ts'

const says = casesOf('AmazonECR/latest/APIReference/')

/** ECR: repositories and what is in them. */
export const ecr: Suite = {
  service: 'ecr',
  cases: ({ config }) => {
    const client = new ECRClient(config)
    async function repository(more: Partial<CreateRepositoryCommandInput> = {}) {
      const made = await client.send(
        new CreateRepositoryCommand({ repositoryName: freshName('repo'), ...more }),
      )
      return made.repository ?? assert.fail('no repository in the answer')
    }

    return [
      says('API_CreateRepository.html', 'a URI names account, region and repository', async () => {
        const { repositoryUri, repositoryName, repositoryArn, imageTagMutability } = await repository()
        assert.match(
          repositoryUri ?? '',
          new RegExp(`^\\d{12}\\.dkr\\.ecr\\.us-east-1\\.amazonaws\\.com/${repositoryName}$`),
        )
        assert.ok(repositoryArn?.endsWith(`:repository/${repositoryName}`))
        assert.equal(imageTagMutability, 'MUTABLE')
      }),
      says('API_CreateRepository.html', 'a name is taken once and follows the rules', async () => {
        const { repositoryName } = await repository()
        await refused(repository({ repositoryName }), 'RepositoryAlreadyExistsException', 400)
        await refused(repository({ repositoryName: 'Upper' }), 'InvalidParameterException', 400)
      }),
      says('API_DescribeRepositories.html', 'a repository that does not exist', () =>
        refused(
          client.send(new DescribeRepositoriesCommand({ repositoryNames: [freshName('none')] })),
          'RepositoryNotFoundException',
          400,
        ),
      ),
      says('API_DescribeRepositories.html', 'repositories in pages', async () => {
        await repository()
        await repository()
        const first = await client.send(new DescribeRepositoriesCommand({ maxResults: 1 }))
        assert.equal(first.repositories?.length, 1)
        const { nextToken } = first
        const second = await client.send(new DescribeRepositoriesCommand({ maxResults: 1, nextToken }))
        assert.notEqual(second.repositories?.[0]?.repositoryName, first.repositories?.[0]?.repositoryName)
      }),
      says('API_ListTagsForResource.html', 'a repository keeps its tags', async () => {
        const tags = [{ Key: 'team', Value: 'a' }]
        const { repositoryArn: resourceArn } = await repository({ tags })
        assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags, tags)
      }),
      says('API_DescribeImages.html', 'an image that is not there', async () => {
        const { repositoryName } = await repository()
        assert.deepEqual((await client.send(new ListImagesCommand({ repositoryName }))).imageIds, [])
        await refused(
          client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'none' }] })),
          'ImageNotFoundException',
          400,
        )
      }),
      says('API_BatchGetImage.html', 'images that are not there are failures of the batch', async () => {
        const { repositoryName } = await repository()
        const { images, failures } = await client.send(
          new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'none' }] }),
        )
        assert.deepEqual(images, [])
        has(failures, [{ imageId: { imageTag: 'none' }, failureCode: 'ImageNotFound' }])
      }),
      says('API_GetLifecyclePolicy.html', 'policies that were not set', async () => {
        const { repositoryName } = await repository()
        await refused(
          client.send(new GetLifecyclePolicyCommand({ repositoryName })),
          'LifecyclePolicyNotFoundException',
          400,
        )
        await refused(
          client.send(new GetRepositoryPolicyCommand({ repositoryName })),
          'RepositoryPolicyNotFoundException',
          400,
        )
      }),
      says('API_PutLifecyclePolicy.html', 'a lifecycle policy is kept', async () => {
        const { repositoryName } = await repository()
        const policy = {
          rules: [
            {
              rulePriority: 1,
              selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 5 },
              action: { type: 'expire' },
            },
          ],
        }
        await client.send(
          new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify(policy) }),
        )
        const read = await client.send(new GetLifecyclePolicyCommand({ repositoryName }))
        assert.deepEqual(JSON.parse(read.lifecyclePolicyText ?? ''), policy)
      }),
      says(
        'API_GetAuthorizationToken.html',
        'a token is user AWS and a password, for twelve hours',
        async () => {
          const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
          const [data] = authorizationData ?? []
          assert.match(Buffer.from(data?.authorizationToken ?? '', 'base64').toString(), /^AWS:.+/)
          const hours = ((data?.expiresAt?.getTime() ?? 0) - Date.now()) / 3_600_000
          assert.ok(hours > 11.9 && hours < 12.1, `${hours} hours`)
        },
      ),
      says('API_DeleteRepository.html', 'a deleted repository is gone', async () => {
        const { repositoryName } = await repository()
        const remove = () => client.send(new DeleteRepositoryCommand({ repositoryName }))
        await remove()
        await refused(remove(), 'RepositoryNotFoundException', 400)
      }),
    ]
  },
}
