/** The header by which a drill tells its own release that traffic has come. */
export const DRILL_HEADER = 'x-clarity-drill'

/** Longest that the fault lasts, in seconds: a drill whose command was killed mends itself. */
export const FAULT_SECONDS = 180

/**
 * The command of a release that passes its health check and its suites and then fails under traffic. It runs the
 * image's own program, unchanged, behind a few lines that the task definition carries: from the first request with
 * the drill's token on, this process answers 503 to everyone but the load balancer's health checks. The image has no
 * switch that could fail: a release that `clarity deploy` renders cannot do this.
 * @param token known to this drill alone
 */
export function faultyCommand(token: string): string[] {
  const program = PROGRAM.replace('TOKEN', token)
  return [
    'node',
    '--import',
    `data:text/javascript;base64,${Buffer.from(program).toString('base64')}`,
    'api.js',
  ]
}

const PROGRAM = `
import { Server } from 'node:http'
const pass = Server.prototype.emit
let until = 0
Server.prototype.emit = function (event, request, response) {
  if (event !== 'request') return pass.apply(this, arguments)
  if (!until && request.headers['${DRILL_HEADER}'] === 'TOKEN') until = Date.now() + ${FAULT_SECONDS * 1000}
  const check = String(request.headers['user-agent']).startsWith('ELB-HealthChecker')
  if (Date.now() >= until || check) return pass.apply(this, arguments)
  request.resume()
  response.writeHead(503, { 'x-clarity-release': process.env.RELEASE, 'content-type': 'application/problem+json' })
  response.end('{"type":"about:blank","title":"this release fails for a drill","status":503}')
  return true
}
`
