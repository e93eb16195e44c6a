/**
 * The files of `swagger-ui-dist` that the reference page needs. The image builder copies them into `assets/` beside
 * `api.js`; in the source tree they are served from node_modules.
 */
export const REFERENCE_ASSETS = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-32x32.png',
  'LICENSE',
] as const
