import { createHash } from 'node:crypto'
import { AwsError } from '../../../core/aws-error.ts'
import type { ServiceContext } from '../../../core/service.ts'
import { reasonOf, validationError } from '../errors.ts'
import type { Properties, Provider, ProviderContext } from '../providers/provider.ts'
import { RECORDED } from '../providers/provider.ts'
import { resolveDynamic } from '../template/dynamic-references.ts'
import { dynamicSources } from './dynamic-sources.ts'
import type { Resource, Stack } from './model.ts'
import type { State } from './state.ts'

/** As whom CloudFormation calls the other services. */
export const PRINCIPAL = 'cloudformation.amazonaws.com'
/** Codes by which services say that what is to be removed is not there, or that what is to be made is. */
const ABSENT = /NotFound|NoSuch|NonExistent|DoesNotExist/
const PRESENT = /Exist|InUse|Duplicate|AlreadyOwnedByYou/

export interface ResourceWork {
  /** Makes a resource and fills in its physical id and attributes. @param resumed it may have been made before a crash */
  create(stack: Stack, resource: Resource, verb: 'CREATE' | 'UPDATE', resumed: boolean): Promise<void>
  /** Changes a resource in place from `old` to its own properties. */
  update(stack: Stack, resource: Resource, old: Properties): Promise<void>
  /** Removes a resource; one that is gone already counts as removed. */
  remove(stack: Stack, resource: Resource): Promise<void>
}

/** Makes, changes and removes single resources through their providers. All throw what the service threw. */
export function createResourceWork(
  context: ServiceContext,
  state: State,
  provider: (type: string) => Provider,
): ResourceWork {
  const sources = dynamicSources(context.invoke, PRINCIPAL)
  const resolved = async (properties: Properties) => (await resolveDynamic(properties, sources)) as Properties

  /** Lets requests in between: services that answer at once would otherwise hold the process for a whole stack. */
  const breathe = () => context.clock.sleep(0)

  function work(stack: Stack, resource: Resource) {
    const own = provider(resource.type)
    const acting = own.acts && new Set([...own.acts, ...own.replaceOn, 'Tags'])
    const notes = new Set(acting ? Object.keys(resource.properties).filter(name => !acting.has(name)) : [])
    const call = <Output>(service: string, operation: string, input: object) =>
      context.invoke<Output>(service, operation, input, PRINCIPAL)
    const { logicalId, generation } = resource
    const digest = createHash('sha256').update(`${stack.id}|${logicalId}|${generation}`).digest()
    const suffix = BigInt(`0x${digest.toString('hex')}`)
      .toString(36)
      .toUpperCase()
      .slice(0, 12)
    const providerContext: ProviderContext = {
      stackName: stack.name,
      stackId: stack.id,
      logicalId,
      accountId: context.accountId,
      region: context.region,
      call,
      made: physicalId => {
        resource.physicalId = physicalId
        state.putResource(stack, resource)
      },
      setting: async (service, operation, input) => {
        try {
          await call(service, operation, input)
        } catch (error) {
          if (!(error instanceof AwsError && error.status === 501)) throw error
          notes.add(operation)
        }
      },
      generatedName: maxLength => {
        const stem = `${stack.name}-${logicalId}`.slice(0, maxLength - suffix.length - 1)
        return `${stem}-${suffix}`
      },
      token: digest.toString('hex').slice(0, 32),
      sleep: ms => context.clock.sleep(ms),
    }
    const reason = () =>
      own.recorded ? RECORDED : notes.size > 0 ? `${[...notes].join(', ')}: ${RECORDED}` : undefined
    return { providerContext, reason }
  }

  async function attributes(resource: Resource, properties: Properties, context: ProviderContext) {
    const own = provider(resource.type)
    return (await own.attributes?.(resource.physicalId as string, properties, context)) ?? {}
  }

  async function create(
    stack: Stack,
    resource: Resource,
    verb: 'CREATE' | 'UPDATE',
    resumed: boolean,
  ): Promise<void> {
    const own = provider(resource.type)
    const { providerContext, reason } = work(stack, resource)
    await breathe()
    const properties = await resolved(resource.properties)
    if (resource.physicalId) await own.update?.(resource.physicalId, properties, {}, providerContext)
    else resource.physicalId = await make()
    state.turnResource(stack, resource, `${verb}_IN_PROGRESS`, 'Resource creation Initiated')
    resource.attributes = await attributes(resource, properties, providerContext)
    state.turnResource(stack, resource, `${verb}_COMPLETE`, reason())

    async function make(): Promise<string> {
      try {
        return await own.create(properties, providerContext)
      } catch (error) {
        const name = own.nameProperty && properties[own.nameProperty]
        const adoptable = resumed && name && error instanceof AwsError && PRESENT.test(error.code)
        if (!adoptable) throw error
        const found = own.identify ? await own.identify(properties, providerContext) : String(name)
        await own.update?.(found, properties, {}, providerContext)
        return found
      }
    }
  }

  async function update(stack: Stack, resource: Resource, old: Properties): Promise<void> {
    const own = provider(resource.type)
    const { providerContext, reason } = work(stack, resource)
    if (!own.update) throw validationError(`${resource.type} cannot be changed in place`)
    await breathe()
    const properties = await resolved(resource.properties)
    await own.update(resource.physicalId as string, properties, await resolved(old), providerContext)
    resource.attributes = await attributes(resource, properties, providerContext)
    state.turnResource(stack, resource, 'UPDATE_COMPLETE', reason())
  }

  async function remove(stack: Stack, resource: Resource): Promise<void> {
    const { providerContext } = work(stack, resource)
    await breathe()
    try {
      // What a secret said is not needed to remove what it was given to.
      await provider(resource.type).delete(
        resource.physicalId as string,
        resource.properties,
        providerContext,
      )
    } catch (error) {
      if (!(error instanceof AwsError && ABSENT.test(error.code))) throw error
    }
  }

  return { create, update, remove }
}

/** Why a resource failed, for its event. */
export function failureReason(error: unknown): string {
  return `Resource handler returned message: "${reasonOf(error)}"`
}
