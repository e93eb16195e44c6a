import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import { invalid, refuse, unsupported } from './errors.ts'
import { flag, integer, list, oneOf, text } from './input.ts'
import type { ActionRecord } from './model.ts'

/** Most target groups in one forward action, as on AWS. */
const MAX_GROUPS = 5

/**
 * Reads the actions of a rule. The local load balancer knows the three routing actions, of which AWS wants
 * exactly one; those that authenticate are refused.
 * @param findGroup throws `TargetGroupNotFound`
 */
export function readActions(given: Action[] | undefined, findGroup: (arn: string) => unknown): ActionRecord {
  const actions = list(given)
  const foreign = actions.find(action => !ROUTING.has(action.Type ?? ''))
  if (foreign?.Type) throw unsupported(`the action '${foreign.Type}'`)
  const [action] = actions
  if (!action) throw invalid('at least one action must be specified')
  if (actions.length > 1)
    throw refuse(
      'InvalidLoadBalancerAction',
      'exactly one forward, redirect or fixed-response action is allowed',
    )
  if (action.Type === 'forward') return readForward(action, findGroup)
  return action.Type === 'redirect' ? readRedirect(action) : readFixedResponse(action)
}

const ROUTING = new Set(['forward', 'redirect', 'fixed-response'])

function readForward(action: Action, findGroup: (arn: string) => unknown): ActionRecord {
  const { TargetGroups, TargetGroupStickinessConfig: sticky } = action.ForwardConfig ?? {}
  if (flag(sticky?.Enabled)) throw unsupported('target group stickiness')
  const tuples = list(TargetGroups)
  if (tuples.length === 0 && action.TargetGroupArn) tuples.push({ TargetGroupArn: action.TargetGroupArn })
  if (tuples.length === 0) throw invalid('a forward action must name a target group')
  if (tuples.length > MAX_GROUPS)
    throw refuse('TooManyTargetGroups', `a forward action may name at most ${MAX_GROUPS} target groups`)
  const groups = tuples.map(tuple => ({
    arn: text('TargetGroupArn', tuple.TargetGroupArn),
    weight: integer('Weight', tuple.Weight, { least: 0, most: 999, usual: 1 }),
  }))
  if (new Set(groups.map(group => group.arn)).size < groups.length)
    throw invalid('a forward action must not name a target group twice')
  for (const group of groups) findGroup(group.arn)
  return { type: 'forward', groups }
}

function readRedirect({ RedirectConfig: config = { StatusCode: undefined } }: Action): ActionRecord {
  const read = {
    type: 'redirect' as const,
    statusCode:
      oneOf('StatusCode', config.StatusCode, ['HTTP_301', 'HTTP_302'], 'HTTP_302') === 'HTTP_301' ? 301 : 302,
    protocol: oneOf('Protocol', config.Protocol, ['HTTP', 'HTTPS', '#{protocol}'], '#{protocol}'),
    host: config.Host || '#{host}',
    port: config.Port || '#{port}',
    path: config.Path || '/#{path}',
    query: config.Query ?? '#{query}',
  } satisfies ActionRecord
  if (!config.StatusCode) throw invalid('StatusCode of a redirect must be specified')
  if (
    read.protocol === '#{protocol}' &&
    read.host === '#{host}' &&
    read.port === '#{port}' &&
    read.path === '/#{path}'
  )
    throw refuse(
      'InvalidLoadBalancerAction',
      'a redirect must change the protocol, host, port or path, or it loops',
    )
  return read as ActionRecord
}

function readFixedResponse({ FixedResponseConfig: config }: Action): ActionRecord {
  const status = text('StatusCode of a fixed response', config?.StatusCode && String(config.StatusCode))
  if (!/^[245]\d\d$/.test(status)) throw invalid(`StatusCode '${status}' must be 2XX, 4XX or 5XX`)
  const body = config?.MessageBody ?? ''
  if (body.length > 1024) throw invalid('MessageBody must have at most 1024 characters')
  const contentType = config?.ContentType || undefined
  return { type: 'fixed-response', statusCode: Number(status), contentType, body }
}

/** The action as AWS tells it. */
export function describeAction(action: ActionRecord): Action {
  if (action.type === 'forward')
    return {
      Type: 'forward',
      TargetGroupArn: action.groups.length === 1 ? action.groups[0]?.arn : undefined,
      Order: 1,
      ForwardConfig: {
        TargetGroups: action.groups.map(group => ({ TargetGroupArn: group.arn, Weight: group.weight })),
        TargetGroupStickinessConfig: { Enabled: false },
      },
    }
  if (action.type === 'redirect')
    return {
      Type: 'redirect',
      Order: 1,
      RedirectConfig: {
        Protocol: action.protocol,
        Port: action.port,
        Host: action.host,
        Path: action.path,
        Query: action.query,
        StatusCode: action.statusCode === 301 ? 'HTTP_301' : 'HTTP_302',
      },
    }
  return {
    Type: 'fixed-response',
    Order: 1,
    FixedResponseConfig: {
      MessageBody: action.body || undefined,
      StatusCode: String(action.statusCode),
      ContentType: action.contentType,
    },
  }
}
