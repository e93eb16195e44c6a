import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { Problem } from '../../problem.ts'
import { REFERENCE_ASSETS } from './assets.ts'

/** `GET /reference`: the API reference, Swagger UI on `/openapi.json`. Nothing is loaded from elsewhere. */
export function referencePage(options: { assets?: string } = {}): FastifyPluginAsync {
  return async app => {
    const hidden = { schema: { hide: true } }
    app.get('/reference', hidden, async (_request, reply) =>
      reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
    )
    app.get<{ Params: { file: string } }>('/reference/:file', hidden, async (request, reply) => {
      const { file } = request.params
      if (file === 'start.js') return reply.type(TYPES.js).send(START)
      const known = REFERENCE_ASSETS.find(name => name === file)
      if (!known) throw new Problem(404, 'not_found', 'Not found', 'the reference page has no such file')
      const type = TYPES[known.split('.')[1] as keyof typeof TYPES] ?? 'text/plain; charset=utf-8'
      const body = await readFile(join(options.assets ?? assetsFolder(), known))
      return reply.header('cache-control', 'public, max-age=3600').type(type).send(body)
    })
  }
}

/** `assets/` beside the bundle, where the image has it; else the package itself. */
function assetsFolder(): string {
  const beside = join(import.meta.dirname, 'assets')
  if (existsSync(join(beside, REFERENCE_ASSETS[0]))) return beside
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
}

const TYPES = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
}

/** Swagger UI sets styles on elements and shows its icons as data URLs; no script runs but those served here. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Clarity Loop API reference</title>
<link rel="icon" type="image/png" href="/reference/favicon-32x32.png">
<link rel="stylesheet" href="/reference/swagger-ui.css">
</head>
<body>
<main id="reference"><noscript>This page needs JavaScript; the API itself is described at <a href="/openapi.json">/openapi.json</a>.</noscript></main>
<script src="/reference/swagger-ui-bundle.js"></script>
<script src="/reference/start.js"></script>
</body>
</html>
`

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], persistAuthorization: false })
`
