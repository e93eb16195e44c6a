import type { CategoryMetric } from './metric.ts'
import { categoryMetric as c, snake } from './rows.ts'

/** HealthKit's `HKCategoryValueSeverity`: https://developer.apple.com/documentation/healthkit/hkcategoryvalueseverity */
const SEVERITY = { severityunspecified: 0, unspecified: 0, notpresent: 1, mild: 2, moderate: 3, severe: 4 }

const symptoms = [
  ...['AbdominalCramps', 'Acne', 'Bloating', 'BreastPain', 'ChestTightnessOrPain', 'Chills', 'Constipation'],
  ...['Coughing', 'Diarrhea', 'Dizziness', 'DrySkin', 'Fainting', 'Fatigue', 'Fever', 'GeneralizedBodyAche'],
  ...['HairLoss', 'Headache', 'Heartburn', 'HotFlashes', 'LossOfSmell', 'LossOfTaste', 'LowerBackPain'],
  ...[
    'MemoryLapse',
    'Nausea',
    'NightSweats',
    'PelvicPain',
    'RapidPoundingOrFlutteringHeartbeat',
    'RunnyNose',
  ],
  ...['ShortnessOfBreath', 'SinusCongestion', 'SkippedHeartbeat', 'SoreThroat', 'VaginalDryness', 'Vomiting'],
  ...['Wheezing', 'BladderIncontinence'],
]

const events = [
  ...['HighHeartRateEvent', 'LowHeartRateEvent', 'IrregularHeartRhythmEvent', 'LowCardioFitnessEvent'],
  ...['AudioExposureEvent', 'HeadphoneAudioExposureEvent', 'AppleWalkingSteadinessEvent', 'SleepApneaEvent'],
  ...[
    'HypertensionEvent',
    'AppetiteChanges',
    'MoodChanges',
    'SleepChanges',
    'CervicalMucusQuality',
    'Contraceptive',
  ],
  ...['MenstrualFlow', 'IntermenstrualBleeding', 'OvulationTestResult', 'PregnancyTestResult'],
  ...['ProgesteroneTestResult', 'SexualActivity', 'Lactation', 'Pregnancy', 'InfrequentMenstrualCycles'],
  ...['IrregularMenstrualCycles', 'PersistentIntermenstrualBleeding', 'ProlongedMenstrualPeriods'],
  ...['BleedingAfterPregnancy', 'BleedingDuringPregnancy'],
]

/** States and events. What a sleep stage counts as is in `sleep.ts`. */
export const CATEGORIES: CategoryMetric[] = [
  c('sleep_analysis', 'SleepAnalysis', 'duration', 'min', {
    inbed: 0,
    asleep: 1,
    asleepunspecified: 1,
    awake: 2,
    asleepcore: 3,
    core: 3,
    light: 3,
    asleepdeep: 4,
    deep: 4,
    asleeprem: 5,
    rem: 5,
  }),
  c('mindful_session', 'MindfulSession', 'duration', 'min'),
  c('handwashing', 'HandwashingEvent', 'duration', 'min'),
  c('toothbrushing', 'ToothbrushingEvent', 'duration', 'min'),
  // HealthKit's own numbers are stood 0, idle 1; a day's figure counts the hours stood.
  c('stand_hour', 'AppleStandHour', 'sum', 'count', { stood: 1, idle: 0 }),
  ...symptoms.map(name => c(snake(name), name, 'last', 'severity', SEVERITY)),
  ...events.map(name => c(snake(name).replace(/^apple_/, ''), name, 'sum', 'count')),
]
