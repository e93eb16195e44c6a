import { type GoogleError, invalidArgument, unimplemented } from './google-error.ts'
import type { GenerateRequest, Part, Schema } from './wire.ts'

/** Largest request that Google takes, in bytes. */
export const MAX_REQUEST = 20 * 1024 * 1024

/**
 * Reads and checks a request as strictly as Google does: unknown fields are refused, and what the stand-in knows of but
 * does not do is 501.
 * @throws GoogleError
 */
export function readRequest(body: string): GenerateRequest {
  let request: GenerateRequest
  try {
    request = JSON.parse(body) as GenerateRequest
  } catch {
    throw invalidArgument('Invalid JSON payload received. Unexpected token.')
  }
  onlyKnown(request, KNOWN.request, '')
  onlyKnown(request.generationConfig, KNOWN.generationConfig, 'generation_config')
  if (!Array.isArray(request.contents) || request.contents.length === 0)
    throw invalidArgument('* GenerateContentRequest.contents: contents is not specified\n')
  for (const [at, { role, parts }] of request.contents.entries()) {
    if (role !== undefined && role !== 'user' && role !== 'model')
      throw invalidArgument('Please use a valid role: user, model.')
    checkParts(parts, `contents[${at}]`)
  }
  if (request.systemInstruction) checkParts(request.systemInstruction.parts, 'system_instruction')
  for (const tool of request.tools ?? []) {
    const other = Object.keys(tool).find(name => name !== 'functionDeclarations')
    if (other) throw unimplemented(`the tool ${other}`)
    for (const { name } of tool.functionDeclarations ?? [])
      if (!/^[a-zA-Z_][\w.:-]{0,127}$/.test(name ?? ''))
        throw invalidArgument(
          '* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. Must start with a letter or an underscore.\n',
        )
  }
  checkConfig(request)
  return request
}

const KNOWN = {
  request: {
    taken: [
      'contents',
      'systemInstruction',
      'generationConfig',
      'tools',
      'toolConfig',
      'safetySettings',
      'labels',
    ],
    unimplemented: ['cachedContent'],
  },
  generationConfig: {
    taken: [
      'temperature',
      'topP',
      'topK',
      'seed',
      'candidateCount',
      'maxOutputTokens',
      'responseMimeType',
      'responseSchema',
      'responseJsonSchema',
      'presencePenalty',
      'frequencyPenalty',
      'thinkingConfig',
    ],
    unimplemented: [
      'stopSequences',
      'responseModalities',
      'speechConfig',
      'responseLogprobs',
      'logprobs',
      'mediaResolution',
      'responseFormat',
    ],
  },
}

function onlyKnown(value: unknown, known: { taken: string[]; unimplemented: string[] }, path: string): void {
  if (value === undefined) return
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalidArgument(`Invalid value at '${path || 'request'}', an object is expected`, path)
  for (const name of Object.keys(value)) {
    if (known.unimplemented.includes(name)) throw unimplemented(name)
    if (!known.taken.includes(name)) throw unknownName(name, path)
  }
}

function unknownName(name: string, path: string): GoogleError {
  const where = path ? ` at '${path}'` : ''
  return invalidArgument(
    `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`,
    path,
  )
}

function checkParts(parts: Part[] | undefined, path: string): void {
  if (!Array.isArray(parts) || parts.length === 0)
    throw invalidArgument(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`)
  for (const part of parts) {
    for (const name of Object.keys(part))
      if (['inlineData', 'fileData', 'executableCode', 'codeExecutionResult'].includes(name))
        throw unimplemented(`parts of ${name}`)
      else if (!['text', 'thought', 'thoughtSignature', 'functionCall', 'functionResponse'].includes(name))
        throw unknownName(name, `${path}.parts[0]`)
    if (part.text === undefined && !part.functionCall && !part.functionResponse)
      throw invalidArgument(
        `* GenerateContentRequest.${path}.parts[0].data: required oneof field 'data' must have one initialized field\n`,
      )
  }
}

function checkConfig({ generationConfig = {} }: GenerateRequest): void {
  const { responseMimeType, responseSchema, responseJsonSchema, maxOutputTokens } = generationConfig
  const { temperature, candidateCount } = generationConfig as {
    temperature?: number
    candidateCount?: number
  }
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2))
    throw invalidArgument(
      '* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n',
    )
  if (candidateCount !== undefined && candidateCount !== 1) throw unimplemented('more than one candidate')
  if (maxOutputTokens !== undefined && !(Number.isInteger(maxOutputTokens) && maxOutputTokens > 0))
    throw invalidArgument(
      '* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n',
    )
  if (responseSchema && responseJsonSchema)
    throw invalidArgument('Only one of response_schema and response_json_schema may be set.')
  const schema = responseSchema ?? responseJsonSchema
  if (schema && responseMimeType !== 'application/json')
    throw invalidArgument(
      `Response mimetype '${responseMimeType ?? 'text/plain'}' does not support a response schema; use 'application/json'.`,
    )
  if (responseSchema) checkSchema(responseSchema, 'generation_config.response_schema')
}

const SCHEMA_FIELDS =
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum'.split(
    ' ',
  )

/** The OpenAPI subset refuses every other keyword; `responseJsonSchema` passes over those that it does not know. */
function checkSchema(schema: Schema, path: string): void {
  for (const name of Object.keys(schema)) if (!SCHEMA_FIELDS.includes(name)) throw unknownName(name, path)
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    checkSchema(property, `${path}.properties[${name}]`)
  if (schema.items) checkSchema(schema.items, `${path}.items`)
  for (const option of schema.anyOf ?? []) checkSchema(option, `${path}.any_of`)
}
