import type { Properties, Provider } from './provider.ts'
import { defined, type KeyValue, lowerCamel, same, tagChanges } from './values.ts'

type ClusterProperties = {
  ClusterName?: string
  ClusterSettings?: Properties[]
  Configuration?: Properties
  CapacityProviders?: string[]
  DefaultCapacityProviderStrategy?: Properties[]
  ServiceConnectDefaults?: Properties
  Tags?: KeyValue[]
}

const cluster: Provider<ClusterProperties> = {
  replaceOn: ['ClusterName'],
  acts: ['ClusterSettings', 'Configuration', 'CapacityProviders', 'DefaultCapacityProviderStrategy'],
  nameProperty: 'ClusterName',
  taggable: true,
  create: async (properties, context) => {
    const clusterName = properties.ClusterName ?? context.generatedName(255)
    await context.call('ecs', 'CreateCluster', {
      clusterName,
      ...settings(properties),
      ...defined({
        capacityProviders: properties.CapacityProviders,
        defaultCapacityProviderStrategy: strategy(properties),
        tags: lowerCamel(properties.Tags),
      }),
    })
    return clusterName
  },
  update: async (name, properties, old, context) => {
    if (!same(settings(properties), settings(old)))
      await context.call('ecs', 'UpdateCluster', { cluster: name, ...settings(properties) })
    if (!same([properties.CapacityProviders, strategy(properties)], [old.CapacityProviders, strategy(old)]))
      await context.call('ecs', 'PutClusterCapacityProviders', {
        cluster: name,
        capacityProviders: properties.CapacityProviders ?? [],
        defaultCapacityProviderStrategy: strategy(properties) ?? [],
      })
    const { set, remove } = tagChanges(properties.Tags, old.Tags)
    const resourceArn = `arn:aws:ecs:${context.region}:${context.accountId}:cluster/${name}`
    if (set.length > 0) await context.call('ecs', 'TagResource', { resourceArn, tags: lowerCamel(set) })
    if (remove.length > 0) await context.call('ecs', 'UntagResource', { resourceArn, tagKeys: remove })
  },
  delete: (name, _, context) => context.call('ecs', 'DeleteCluster', { cluster: name }).then(() => {}),
  attributes: (name, _, { region, accountId }) => ({
    Arn: `arn:aws:ecs:${region}:${accountId}:cluster/${name}`,
  }),
}

function settings({ ClusterSettings, Configuration, ServiceConnectDefaults }: ClusterProperties): object {
  return defined({
    settings: lowerCamel(ClusterSettings),
    configuration: lowerCamel(Configuration),
    serviceConnectDefaults: lowerCamel(ServiceConnectDefaults),
  })
}

function strategy(properties: { DefaultCapacityProviderStrategy?: Properties[] }) {
  return properties.DefaultCapacityProviderStrategy?.map(({ CapacityProvider, Base, Weight }) => ({
    capacityProvider: CapacityProvider,
    base: Number(Base ?? 0),
    weight: Number(Weight ?? 0),
  }))
}

type AssociationProperties = {
  Cluster?: string
  CapacityProviders?: string[]
  DefaultCapacityProviderStrategy?: Properties[]
}

/** Tasks are processes of this machine whatever provider a strategy names. */
const associations: Provider<AssociationProperties> = {
  replaceOn: ['Cluster'],
  acts: ['CapacityProviders', 'DefaultCapacityProviderStrategy'],
  recorded: true,
  create: async (properties, context) => {
    await context.setting('ecs', 'PutClusterCapacityProviders', inputOf(properties))
    return String(properties.Cluster)
  },
  update: (_, properties, __, context) =>
    context.setting('ecs', 'PutClusterCapacityProviders', inputOf(properties)),
  delete: (Cluster, _, context) =>
    context.setting('ecs', 'PutClusterCapacityProviders', inputOf({ Cluster, CapacityProviders: [] })),
}

function inputOf(properties: AssociationProperties): object {
  return {
    cluster: properties.Cluster,
    capacityProviders: properties.CapacityProviders ?? [],
    defaultCapacityProviderStrategy: strategy(properties) ?? [],
  }
}

export const ECS: Record<string, Provider> = {
  'AWS::ECS::Cluster': cluster,
  'AWS::ECS::ClusterCapacityProviderAssociations': associations,
}
