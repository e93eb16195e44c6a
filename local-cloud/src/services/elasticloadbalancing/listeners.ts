import type {
  Certificate,
  CreateListenerCommandInput,
  CreateListenerCommandOutput,
  DeleteListenerCommandInput,
  DescribeListenerAttributesCommandInput,
  DescribeListenerAttributesCommandOutput,
  DescribeListenersCommandInput,
  DescribeListenersCommandOutput,
  Listener,
  ModifyListenerAttributesCommandInput,
  ModifyListenerCommandInput,
  ModifyListenerCommandOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Operation } from '../../core/service.ts'
import { describeAction, readActions } from './actions.ts'
import { changeAttributes, LISTENER_DEFAULTS, listAttributes } from './attributes.ts'
import { invalid, refuse } from './errors.ts'
import { integer, list, page, text } from './input.ts'
import type { ListenerRecord, RuleRecord } from './model.ts'
import type { Parts } from './parts.ts'
import { checkAssociation } from './rules.ts'
import { readTags } from './tags.ts'
import { DEFAULT_SSL_POLICY, describeSslPolicies, versionsOf } from './tls.ts'

/** What of a listener its open port depends on. */
const PORT_MEMBERS = ['port', 'protocol', 'certificates', 'sslPolicy'] as const

type Answer<T> = Omit<T, '$metadata'>

/** The operations on listeners. A listener exists only while its port is open or being reopened. */
export function listenerOperations(parts: Parts): Record<string, Operation> {
  const { state, plane, context } = parts

  async function create(input: CreateListenerCommandInput): Promise<Answer<CreateListenerCommandOutput>> {
    const balancer = state.loadBalancer(input.LoadBalancerArn)
    const id = state.newId()
    const path = balancer.arn.replace(/^.*:loadbalancer\//, '')
    const record: ListenerRecord = {
      arn: state.arn(`listener/${path}/${id}`),
      loadBalancerArn: balancer.arn,
      port: readPort(input.Port),
      ...readProtocol(input.Protocol, input.Certificates, input.SslPolicy),
      attributes: {},
    }
    const action = readActions(input.DefaultActions, state.targetGroup)
    checkAssociation(state, balancer.arn, action)
    const tags = readTags(input.Tags)
    const known = state.listenersOf(balancer.arn).find(one => one.port === record.port)
    if (known) {
      const same =
        known.protocol === record.protocol &&
        JSON.stringify(defaultRule(known)?.action) === JSON.stringify(action)
      if (same) return { Listeners: [describe(known)] }
      throw refuse('DuplicateListener', 'A listener already exists on this port for this load balancer')
    }
    await plane.open(record)
    const rule: RuleRecord = {
      arn: state.arn(`listener-rule/${path}/${id}/${state.newId()}`),
      listenerArn: record.arn,
      priority: 'default',
      conditions: [],
      action,
    }
    context.store.transaction(() => {
      state.listeners.put(record.arn, record)
      state.rules.put(rule.arn, rule)
      state.tags.put(record.arn, tags)
    })
    plane.refresh()
    return { Listeners: [describe(record)] }
  }

  function defaultRule(listener: ListenerRecord): RuleRecord | undefined {
    return state.rulesOf(listener.arn).find(rule => rule.priority === 'default')
  }

  function describe(record: ListenerRecord): Listener {
    const action = defaultRule(record)?.action
    return {
      ListenerArn: record.arn,
      LoadBalancerArn: record.loadBalancerArn,
      Port: record.port,
      Protocol: record.protocol,
      ...(record.protocol === 'HTTPS' && {
        Certificates: record.certificates.map(arn => ({ CertificateArn: arn })),
        SslPolicy: record.sslPolicy,
      }),
      DefaultActions: action ? [describeAction(action)] : [],
    }
  }

  function describeAll(input: DescribeListenersCommandInput): Answer<DescribeListenersCommandOutput> {
    const arns = list(input.ListenerArns)
    if (arns.length === 0 && !input.LoadBalancerArn)
      throw invalid('You must specify either listener ARNs or a load balancer ARN')
    const found =
      arns.length > 0
        ? arns.map(arn => state.listener(arn))
        : state.listenersOf(state.loadBalancer(input.LoadBalancerArn).arn)
    const { items, NextMarker } = page(found, input)
    return { Listeners: items.map(describe), NextMarker }
  }

  async function modify(input: ModifyListenerCommandInput): Promise<Answer<ModifyListenerCommandOutput>> {
    const before = state.listener(input.ListenerArn)
    const changed: ListenerRecord = {
      ...before,
      port: input.Port === undefined ? before.port : readPort(input.Port),
      ...readProtocol(
        input.Protocol ?? before.protocol,
        input.Certificates ?? before.certificates.map(arn => ({ CertificateArn: arn })),
        input.SslPolicy ?? before.sslPolicy,
      ),
    }
    const rule = defaultRule(before)
    const action = input.DefaultActions ? readActions(input.DefaultActions, state.targetGroup) : undefined
    if (action) checkAssociation(state, before.loadBalancerArn, action)
    const others = state.listenersOf(before.loadBalancerArn).filter(one => one.arn !== before.arn)
    if (others.some(one => one.port === changed.port))
      throw refuse('DuplicateListener', 'A listener already exists on this port for this load balancer')
    if (PORT_MEMBERS.some(name => String(changed[name]) !== String(before[name])))
      await plane.move(before, changed)
    context.store.transaction(() => {
      state.listeners.put(changed.arn, changed)
      if (rule && action) state.rules.put(rule.arn, { ...rule, action })
    })
    plane.refresh()
    return { Listeners: [describe(changed)] }
  }

  async function remove(input: DeleteListenerCommandInput): Promise<object> {
    await removeListener(parts, state.listener(input.ListenerArn).arn)
    return {}
  }

  function attributes(
    input: DescribeListenerAttributesCommandInput,
  ): Answer<DescribeListenerAttributesCommandOutput> {
    return { Attributes: listAttributes(state.listener(input.ListenerArn).attributes, LISTENER_DEFAULTS) }
  }

  function modifyAttributes(
    input: ModifyListenerAttributesCommandInput,
  ): Answer<DescribeListenerAttributesCommandOutput> {
    const record = state.listener(input.ListenerArn)
    record.attributes = changeAttributes('Listener', record.attributes, input.Attributes, LISTENER_DEFAULTS)
    state.listeners.put(record.arn, record)
    plane.refresh()
    return attributes(input)
  }

  return {
    CreateListener: create,
    DescribeListeners: describeAll,
    ModifyListener: modify,
    DeleteListener: remove,
    DescribeListenerAttributes: attributes,
    ModifyListenerAttributes: modifyAttributes,
    DescribeSSLPolicies: describeSslPolicies,
  }
}

/** Removes a listener with its rules and closes its port. */
export async function removeListener({ state, plane, context }: Parts, arn: string): Promise<void> {
  context.store.transaction(() => {
    for (const rule of state.rulesOf(arn)) {
      state.rules.delete(rule.arn)
      state.tags.delete(rule.arn)
    }
    state.listeners.delete(arn)
    state.tags.delete(arn)
  })
  plane.refresh()
  await plane.close(arn)
}

function readPort(port: number | undefined): number {
  return integer('Port', port, { least: 1, most: 65_535 })
}

function readProtocol(
  protocol: string | undefined,
  certificates: Certificate[] | undefined,
  sslPolicy: string | undefined,
): Pick<ListenerRecord, 'protocol' | 'certificates' | 'sslPolicy'> {
  const given = text('Protocol', protocol)
  if (given !== 'HTTP' && given !== 'HTTPS')
    throw refuse('UnsupportedProtocol', `Protocol '${given}' is not one of an application load balancer's`)
  const arns = list(certificates).map(one => text('CertificateArn', one.CertificateArn))
  if (given === 'HTTP') return { protocol: given, certificates: [] }
  if (arns.length === 0)
    throw refuse('CertificateNotFound', 'A certificate must be specified for HTTPS listeners')
  versionsOf(sslPolicy || DEFAULT_SSL_POLICY)
  return { protocol: given, certificates: arns, sslPolicy: sslPolicy || DEFAULT_SSL_POLICY }
}
