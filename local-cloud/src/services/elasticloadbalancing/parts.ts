import type { ServiceContext } from '../../core/service.ts'
import type { DataPlane } from './data-plane.ts'
import type { LogDelivery } from './log-delivery.ts'
import type { State } from './state.ts'

/** What every operation of the service works with. */
export interface Parts {
  context: ServiceContext
  state: State
  plane: DataPlane
  logs: LogDelivery
}
