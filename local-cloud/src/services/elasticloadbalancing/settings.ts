import { LOAD_BALANCER_DEFAULTS } from './attributes.ts'
import type { ForwardSettings } from './forward.ts'
import type { ListenerRecord } from './model.ts'
import type { State } from './state.ts'

/** What of a listener and its load balancer matters to the requests that it forwards, as the records have it now. */
export function settingsOf(state: State, listener: ListenerRecord): ForwardSettings {
  const given = {
    ...LOAD_BALANCER_DEFAULTS,
    ...state.loadBalancers.get(listener.loadBalancerArn)?.attributes,
  }
  return {
    port: listener.port,
    protocol: listener.protocol,
    idleMs: Number(given['idle_timeout.timeout_seconds']) * 1000,
    forwardedFor: given['routing.http.xff_header_processing.mode'] ?? 'append',
    dropInvalid: given['routing.http.drop_invalid_header_fields.enabled'] === 'true',
    sendServer: listener.attributes['routing.http.response.server.enabled'] !== 'false',
  }
}
