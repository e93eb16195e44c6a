import { type Check, failed, look, passed } from '../check.ts'

/** Whoever releases here must have shown lately, where it hurts nobody, that the way back works in time. */
export const drill: Check = {
  name: 'drill',
  title: 'the way back was rehearsed, where the environment asks for it',
  run: async ({ environment, drill: required }) => {
    if (!required) return [passed(`${environment.name} asks for no drill`)]
    const { where } = required
    return look(`the drills of ${where}`, async () => {
      const standing = await required.standing()
      if (standing.kind === 'missing') return [failed(`${where}: ${standing.why}`, `clarity drill ${where}`)]
      return [
        passed(
          `drill ${standing.sequence} of ${where}: ${standing.seconds.toFixed(1)} s, ${standing.ageDays.toFixed(1)} days ago`,
        ),
      ]
    })
  },
}
