/** `HKCategoryValueSleepAnalysis`: https://developer.apple.com/documentation/healthkit/hkcategoryvaluesleepanalysis */
export const SLEEP = {
  inBed: 0,
  asleepUnspecified: 1,
  awake: 2,
  asleepCore: 3,
  asleepDeep: 4,
  asleepRem: 5,
} as const
