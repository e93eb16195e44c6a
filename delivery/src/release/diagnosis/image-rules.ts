import { MEND_ROLE } from './fixes.ts'
import { both, type Rule, says } from './rule.ts'

const pull = says(/CannotPull/)
const DESCRIBE = 'aws ecr describe-images --repository-name {repository} --image-ids imageDigest={digest}'
const ENDPOINTS = 'ecr.api, ecr.dkr (interface) and s3 (gateway)'

/**
 * The image cannot be pulled. Texts:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
 */
export const IMAGE_RULES: Rule[] = [
  {
    id: 'image-architecture',
    confidence: 'certain',
    matches: says(
      /descriptor matching platform '?(?<platform>[\w/]+)|no matching manifest for|image operating system/,
    ),
    cause: 'the image has no variant for {platform|the platform that the task asks for}',
    fix: "build it for {architecture}: 'clarity build --platform {wanted}', then 'clarity deploy {environment}'; or let runtimePlatform of the task definition be what the image has",
  },
  {
    id: 'image-rate-limit',
    confidence: 'certain',
    matches: says(/toomanyrequests|pull rate limit|429 Too Many Requests/i),
    cause: 'the registry refuses further pulls for now: its rate limit is reached',
    fix: "put the image into the environment's own repository {repository} and deploy it from there: 'clarity deploy {environment}'",
  },
  {
    id: 'image-disk-full',
    confidence: 'certain',
    matches: both(pull, says(/no space left on device/)),
    cause: 'the image does not fit on the disk of the task',
    fix: 'make the image smaller, or raise ephemeralStorage in the task definition; on a laptop free disk space',
  },
  {
    id: 'image-damaged',
    confidence: 'certain',
    matches: says(
      /CannotPull.*(wrong diff id|unexpected commit digest|failed precondition|failed to extract)/,
    ),
    cause: 'a layer of the image is not what its digest says',
    fix: "delete the image and push it again: 'aws ecr batch-delete-image --repository-name {repository} --image-ids imageDigest={digest}', then 'clarity deploy {environment}'",
  },
  {
    id: 'image-no-network',
    confidence: 'certain',
    matches: says(
      /CannotPull.*(i\/o timeout|deadline exceeded|Client\.Timeout|request canceled|context canceled|no such host|network is unreachable|connection refused)/,
    ),
    cause: 'the task has no way to the registry',
    fix: `give the private subnets a route: a NAT gateway, or VPC endpoints ${ENDPOINTS} whose security group admits port 443 from the tasks`,
  },
  {
    id: 'image-not-found',
    confidence: 'certain',
    matches: says(/CannotPull.*(not found|manifest unknown|NotFound|name unknown|does not exist)/i),
    cause: 'the image {image} is not in the registry',
    fix: `look: '${DESCRIBE}'; a release whose image is gone must be built and pushed again: 'clarity deploy {environment}'`,
  },
  {
    id: 'image-denied',
    confidence: 'certain',
    matches: says(
      /CannotPull.*(403|forbidden|access ?denied|not authorized|no basic auth|authorization failed)/i,
    ),
    cause: 'the execution role {executionRole} may not pull from {repository}',
    fix: `it needs ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability, and the policy of a repository in another account must allow it: ${MEND_ROLE}`,
  },
  {
    id: 'image-digest-unresolved',
    confidence: 'certain',
    matches: says(/(resolv|resolution)\w* .{0,60}digest|digest .{0,40}(resolv|resolution)/i, [
      'deployment',
      'event',
    ]),
    cause: 'ECS cannot resolve the digest of {image}',
    fix: `look: '${DESCRIBE}'; the execution role needs ecr:BatchGetImage for it`,
  },
  {
    id: 'image-not-pulled',
    confidence: 'likely',
    matches: pull,
    cause: 'the image {image} cannot be pulled',
    fix: `the evidence says why; is it there: '${DESCRIBE}'`,
  },
]
