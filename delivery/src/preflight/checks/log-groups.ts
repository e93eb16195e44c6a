import { type Check, failed, look, passed } from '../check.ts'

/** The log driver makes streams, not groups: without its group a task does not start. */
export const logGroups: Check = {
  name: 'log-groups',
  title: 'the log groups exist',
  run: async ({ release, logGroups: groups, environment }) => {
    const names = [release.api, release.worker].flatMap(({ containerDefinitions = [] }) =>
      containerDefinitions.map(c => c.logConfiguration?.options?.['awslogs-group'] ?? ''),
    )
    const days = environment.data.logRetentionDays
    const looks = [...new Set(names)].map(name =>
      look(name, async () =>
        (await groups.exists(name))
          ? [passed(name)]
          : [
              failed(
                `the log group ${name} does not exist`,
                `aws logs create-log-group --log-group-name ${name} && aws logs put-retention-policy --log-group-name ${name} --retention-in-days ${days}`,
              ),
            ],
      ),
    )
    return (await Promise.all(looks)).flat()
  },
}
