import { type CollectionTag, parse, type ScalarTag } from 'yaml'
import { formatError } from '../errors.ts'

const NAMES = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
]

/** Reads a template in YAML with its short-form tags: `!Ref x` becomes `{"Ref": "x"}`, `!GetAtt a.b` `{"Fn::GetAtt": ["a", "b"]}`. */
export function parseYaml(body: string): unknown {
  try {
    return parse(body, { customTags: TAGS, schema: 'core', logLevel: 'error' })
  } catch (cause) {
    throw formatError(`YAML not well-formed. ${(cause as Error).message.split('\n')[0]}`)
  }
}

const TAGS: (ScalarTag | CollectionTag)[] = [
  scalar('!Ref', text => ({ Ref: text })),
  scalar('!Condition', text => ({ Condition: text })),
  scalar('!GetAtt', text => {
    const [id, ...rest] = text.split('.')
    return { 'Fn::GetAtt': [id, rest.join('.')] }
  }),
  collection('!GetAtt', 'seq', items => ({ 'Fn::GetAtt': items })),
  ...NAMES.flatMap(name => [
    scalar(`!${name}`, text => ({ [`Fn::${name}`]: text })),
    collection(`!${name}`, 'seq', items => ({ [`Fn::${name}`]: items })),
    collection(`!${name}`, 'map', items => ({ [`Fn::${name}`]: items })),
  ]),
]

function scalar(tag: string, make: (text: string) => unknown): ScalarTag {
  return { tag, resolve: make }
}

function collection(tag: string, kind: 'seq' | 'map', make: (items: unknown) => unknown): CollectionTag {
  return {
    tag,
    collection: kind,
    resolve: node => {
      // The node is wrapped only when the document is turned into plain data, once its own tags are resolved.
      const plain = node.toJSON.bind(node)
      node.toJSON = (...rest: Parameters<typeof plain>) => make(plain(...rest))
      return node
    },
  }
}
