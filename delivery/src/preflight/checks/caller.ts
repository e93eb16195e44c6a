import { type Check, failed, passed } from '../check.ts'

/** A release into the wrong account would find nothing, or something that is not its own. */
export const caller: Check = {
  name: 'caller',
  title: "the caller is signed in to the environment's account",
  run: async ({ identity, environment }) => {
    const { account, arn } = await identity.caller()
    if (account === environment.account) return [passed(`${arn} in ${account}`)]
    return [
      failed(
        `${arn} is signed in to ${account}, but ${environment.name} is in ${environment.account}`,
        `sign in there: aws sso login --profile <profile of ${environment.account}>, then export AWS_PROFILE`,
      ),
    ]
  },
}
