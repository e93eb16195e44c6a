/** Shapes of `generateContent`: https://ai.google.dev/api/generate-content */
export interface GenerateRequest {
  contents: Content[]
  systemInstruction?: Content
  generationConfig?: GenerationConfig
  tools?: { functionDeclarations?: FunctionDeclaration[] }[]
  toolConfig?: {
    functionCallingConfig?: { mode?: 'AUTO' | 'ANY' | 'NONE' | 'VALIDATED'; allowedFunctionNames?: string[] }
  }
}

export interface Content {
  role?: 'user' | 'model'
  parts: Part[]
}

export interface Part {
  text?: string
  thought?: boolean
  functionCall?: { id?: string; name: string; args?: Record<string, unknown> }
  functionResponse?: { id?: string; name: string; response: unknown }
}

export interface GenerationConfig {
  maxOutputTokens?: number
  responseMimeType?: string
  /** JSON Schema; only one of the two may be given. */
  responseJsonSchema?: Schema
  /** OpenAPI subset with upper-case types. */
  responseSchema?: Schema
}

export interface FunctionDeclaration {
  name: string
  description?: string
  parameters?: Schema
  parametersJsonSchema?: Schema
}

/** Of both schema languages, the keywords that shape an answer. */
export interface Schema {
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  format?: string
  minItems?: number | string
  maxItems?: number | string
  minimum?: number
  maximum?: number
  maxLength?: number | string
  pattern?: string
}

export interface Candidate {
  content?: Content
  finishReason?: string
  finishMessage?: string
  index: number
  safetyRatings?: { category: string; probability: string; blocked?: boolean }[]
}

/** What is answered, before token counts and the model's name are added. */
export interface Reply {
  candidates?: Candidate[]
  promptFeedback?: { blockReason: string; safetyRatings?: Candidate['safetyRatings'] }
}
