import { expect, test } from 'vitest'
import { subnets } from './cidr.ts'
import { resolveDynamic } from './dynamic-references.ts'
import { evaluate, type Scope } from './intrinsics.ts'
import { resolveParameters } from './parameters.ts'
import { parseTemplate } from './parse.ts'
import { NO_VALUE, Unknown } from './unknown.ts'

const scope: Scope = {
  ref: name =>
    name === 'AWS::NoValue'
      ? NO_VALUE
      : name === 'New'
        ? new Unknown([{ source: 'ResourceReference', entity: 'New' }])
        : `<${name}>`,
  attribute: (id, name) => `<${id}.${name}>`,
  condition: name => name === 'Yes',
  mapping: (map, top, second) => `${map}/${top}/${second}`,
  importValue: name => `import ${name}`,
  zones: region => [`${region || 'here'}a`, `${region || 'here'}b`],
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation's own notation
test.each<[string, unknown, unknown]>([
  ['Ref', { Ref: 'A' }, '<A>'],
  ['GetAtt as list', { 'Fn::GetAtt': ['A', 'B.C'] }, '<A.B.C>'],
  ['GetAtt as text', { 'Fn::GetAtt': 'A.B' }, '<A.B>'],
  ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'B' }, 1]] }, 'a-<B>-1'],
  ['Select of Split', { 'Fn::Select': ['1', { 'Fn::Split': [',', 'a,b,c'] }] }, 'b'],
  ['Sub', { 'Fn::Sub': 'x${A}y${B.C}z${!Literal}' }, 'x<A>y<B.C>z${Literal}'],
  ['Sub with variables', { 'Fn::Sub': ['${V}${A}', { V: { Ref: 'B' } }] }, '<B><A>'],
  ['If', { a: { 'Fn::If': ['Yes', 1, 2] }, b: { 'Fn::If': ['No', 1, 2] } }, { a: 1, b: 2 }],
  ['NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ['NoValue in a list', [1, { 'Fn::If': ['No', 2, { Ref: 'AWS::NoValue' }] }], [1]],
  ['FindInMap', { 'Fn::FindInMap': ['M', { Ref: 'A' }, 'k'] }, 'M/<A>/k'],
  ['ImportValue', { 'Fn::ImportValue': { 'Fn::Sub': '${A}-x' } }, 'import <A>-x'],
  ['GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'herea'],
  ['Base64', { 'Fn::Base64': 'hello' }, 'aGVsbG8='],
  ['Cidr', { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] }, ['10.0.0.0/24', '10.0.1.0/24']],
  ['a policy with a Condition', { Condition: { Bool: { a: true } } }, { Condition: { Bool: { a: true } } }],
])('evaluates %s', (_, value, expected) => {
  expect(evaluate(value, scope)).toEqual(expected)
})

test('what rests on something unknown is unknown, and says on what', () => {
  const value = evaluate({ 'Fn::Join': ['', ['a', { 'Fn::Sub': '${New}' }]] }, scope)
  expect(value).toBeInstanceOf(Unknown)
  expect((value as Unknown).causes).toEqual([{ source: 'ResourceReference', entity: 'New' }])
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: CloudFormation's own notation

test.each([
  [{ 'Fn::Join': ['a'] }, 'every Fn::Join object requires 2 parameters'],
  [{ 'Fn::Select': [9, ['a']] }, 'Fn::Select cannot select nonexistent value at index 9'],
  [{ 'Fn::ForEach::X': [] }, 'unresolved or unsupported function Fn::ForEach::X'],
])('refuses %j', (value, message) => {
  expect(() => evaluate(value, scope)).toThrow(message)
})

test('Fn::Cidr fits what is asked and refuses what does not fit', () => {
  expect(subnets('10.0.0.0/24', 4)).toEqual(['10.0.0.0/26', '10.0.0.64/26', '10.0.0.128/26', '10.0.0.192/26'])
  expect(subnets('192.168.200.7/16', 1, 8)).toEqual(['192.168.0.0/24'])
  expect(() => subnets('10.0.0.0/24', 3, 7)).toThrow('does not hold 3 subnets of /25')
})

test.each([
  ['{"Resources": {"A": {"Type": "X"}', 'JSON not well-formed'],
  ['Resources: [', 'YAML not well-formed'],
  ['{"Resources": {}}', 'At least one Resources member must be defined.'],
  ['{"Resources": {"A": {}}}', 'must contain a Type member'],
  ['{"Resources": {"A-B": {"Type": "X"}}}', "Resources name 'A-B' is non alphanumeric."],
  [
    '{"Resources": {"A": {"Type": "X", "DeletionPolicy": "Keep"}}}',
    'Unrecognized DeletionPolicy Keep for resource A',
  ],
  [
    '{"Resources": {"A": {"Type": "X", "UpdatePolicy": {}}}}',
    'the local cloud does not implement update policies',
  ],
  ['{"Recources": {"A": {"Type": "X"}}}', 'Invalid template property or properties [Recources]'],
])('a template that is wrong says how: %s', (body, message) => {
  expect(() => parseTemplate(body)).toThrow(message)
})

test.each([
  [{ Type: 'String', AllowedValues: ['a', 'b'] }, 'c', 'must be one of AllowedValues [a, b]'],
  [{ Type: 'String', AllowedPattern: '[a-z]+' }, 'a1', 'must match pattern [a-z]+'],
  [{ Type: 'Number', MinValue: 5 }, '4', 'must be a number not less than 5'],
  [{ Type: 'Number' }, 'many', 'must be a number'],
  [
    { Type: 'String', MaxLength: 2, ConstraintDescription: 'short' },
    'abc',
    'failed to satisfy constraint: short',
  ],
])('parameter constraint %j', async (definition, ParameterValue, message) => {
  const given = [{ ParameterKey: 'P', ParameterValue }]
  await expect(resolveParameters({ P: definition }, given, [], async () => undefined)).rejects.toThrow(
    message,
  )
})

test('dynamic references know names, keys and ARNs', async () => {
  const sources = {
    parameter: async (name: string) => `ssm:${name}`,
    secret: async (id: string, stage?: string) => JSON.stringify({ id, stage }),
  }
  const arn = 'arn:aws:secretsmanager:us-east-1:124355672559:secret:a-AbCdEf'
  const value = {
    a: ['{{resolve:ssm:/x/y:2}}-tail'],
    b: `{{resolve:secretsmanager:${arn}:SecretString:id}}`,
    c: '{{resolve:secretsmanager:k:SecretString:stage:AWSPREVIOUS}}',
  }
  expect(await resolveDynamic(value, sources)).toEqual({ a: ['ssm:/x/y:2-tail'], b: arn, c: 'AWSPREVIOUS' })
  const missing = resolveDynamic('{{resolve:secretsmanager:k:SecretString:none}}', sources)
  await expect(missing).rejects.toThrow('Could not find a value associated with JSONKey')
})
