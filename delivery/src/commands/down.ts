import type { RunCommand } from '../cli/command.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { stopCloudProcess, wipe } from '../local/cloud-process.ts'
import { stateFolder } from '../local/connection.ts'
import { runStep } from '../ui/events.ts'

export const run: RunCommand = async ({ emit, root, variables, values }) => {
  const state = stateFolder(root, variables)
  await runStep(
    emit,
    'cloud.stop',
    "stop the laptop's AWS and its tasks",
    () => stopCloudProcess(state),
    stopped => (stopped ? 'stopped' : 'it did not run'),
  )
  if (values.wipe) await runStep(emit, 'cloud.wipe', 'forget its state', () => wipe(state))
  return EXIT.succeeded
}
