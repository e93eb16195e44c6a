/** How a number in one unit becomes one in the canonical unit: `(value + plus) * times / per`. */
export interface Conversion {
  plus?: number
  times?: number
  per?: number
  /**
   * A `%` from HealthKit is a fraction (0.97), from elsewhere a percentage (97): what lies in 0..1 is taken as a
   * fraction. See `HKUnit.percent()`: https://developer.apple.com/documentation/healthkit/hkunit/percent()
   */
  fractionToPercent?: true
}

/** A canonical unit, its UCUM code where one exists, and every unit that is accepted in its place. */
export interface Quantity {
  unit: string
  ucum?: string
  accepts: Record<string, Conversion>
}

/** The number in the quantity's canonical unit, or `undefined` where the unit is not one that it accepts. */
export function toCanonical(quantity: Quantity, value: number, unit: string): number | undefined {
  if (!Object.hasOwn(quantity.accepts, unit)) return undefined
  return convert(quantity.accepts[unit] as Conversion, value)
}

/** The number in the canonical unit. */
export function convert(conversion: Conversion, value: number): number {
  if (conversion.fractionToPercent) return value >= 0 && value <= 1 ? value * 100 : value
  const { plus = 0, times = 1, per = 1 } = conversion
  return ((value + plus) * times) / per
}

const SAME: Conversion = {}

function quantity(
  unit: string,
  ucum: string | undefined,
  accepts: Record<string, Conversion> = {},
): Quantity {
  const all: Record<string, Conversion> = { [unit]: SAME, ...accepts }
  if (ucum) all[ucum] ??= SAME
  return { unit, ...(ucum && { ucum }), accepts: all }
}

/** International yard and pound agreement of 1959: all of these factors are exact. */
const METRES_PER = { mile: 1609.344, yard: 0.9144, foot: 0.3048, inch: 0.0254 }
const KG_PER_POUND = 0.45359237
/** Thermochemical, as UCUM and HealthKit have it. */
const J_PER_KCAL = 4184

export const COUNT = quantity('count', '{count}', {
  '1': SAME,
  '{count}': SAME,
  '{steps}': SAME,
  steps: SAME,
  '{flights}': SAME,
  flights: SAME,
})

export const PER_MINUTE = quantity('count/min', '/min', {
  bpm: SAME,
  brpm: SAME,
  rpm: SAME,
  'beats/min': SAME,
  'breaths/min': SAME,
  '{beats}/min': SAME,
  '1/min': SAME,
  'count/s': { times: 60 },
  Hz: { times: 60 },
})

export const PERCENT = quantity('%', '%', {
  '%': { fractionToPercent: true },
  percent: { fractionToPercent: true },
})

export const MILLISECONDS = quantity('ms', 'ms', { s: { times: 1000 }, sec: { times: 1000 } })

export const MINUTES = quantity('min', 'min', {
  minutes: SAME,
  s: { per: 60 },
  sec: { per: 60 },
  hr: { times: 60 },
  h: { times: 60 },
  hours: { times: 60 },
})

export const ENERGY = quantity('kcal', 'kcal', {
  Cal: SAME,
  '[Cal]': SAME,
  cal: { per: 1000 },
  kJ: { times: 1000, per: J_PER_KCAL },
  J: { per: J_PER_KCAL },
})

export const DISTANCE = quantity('m', 'm', {
  km: { times: 1000 },
  cm: { per: 100 },
  mi: { times: METRES_PER.mile },
  '[mi_i]': { times: METRES_PER.mile },
  yd: { times: METRES_PER.yard },
  ft: { times: METRES_PER.foot },
  '[ft_i]': { times: METRES_PER.foot },
  in: { times: METRES_PER.inch },
})

/** Body lengths: height, waist, stride. */
export const LENGTH = quantity('cm', 'cm', {
  m: { times: 100 },
  mm: { per: 10 },
  in: { times: 254, per: 100 },
  '[in_i]': { times: 254, per: 100 },
  ft: { times: 3048, per: 100 },
})

export const MASS = quantity('kg', 'kg', {
  g: { per: 1000 },
  lb: { times: KG_PER_POUND },
  lbs: { times: KG_PER_POUND },
  '[lb_av]': { times: KG_PER_POUND },
  oz: { times: KG_PER_POUND, per: 16 },
  st: { times: KG_PER_POUND * 14 },
})

export const BODY_MASS_INDEX = quantity('kg/m2', 'kg/m2', { count: SAME, 'kg/m^2': SAME, 'kg/m²': SAME })

export const TEMPERATURE = quantity('degC', 'Cel', {
  '°C': SAME,
  C: SAME,
  degF: { plus: -32, times: 5, per: 9 },
  '[degF]': { plus: -32, times: 5, per: 9 },
  '°F': { plus: -32, times: 5, per: 9 },
  K: { plus: -273.15 },
})

export const PRESSURE = quantity('mmHg', 'mm[Hg]', {
  kPa: { times: 760, per: 101.325 },
  cmAq: { times: 735.559, per: 1000 },
})

/** 180.15588 g/mol is HealthKit's molar mass of glucose: `HKUnitMolarMassBloodGlucose`. */
export const GLUCOSE = quantity('mg/dL', 'mg/dL', {
  'mmol/L': { times: 180.15588, per: 10 },
  'mmol<180.15588000005408>/L': { times: 180.15588, per: 10 },
  'mg/L': { per: 10 },
})

export const VOLUME = quantity('mL', 'mL', {
  ml: SAME,
  L: { times: 1000 },
  l: { times: 1000 },
  fl_oz_us: { times: 29.5735295625 },
  '[foz_us]': { times: 29.5735295625 },
  cup_us: { times: 236.5882365 },
})

export const LUNG_VOLUME = quantity('L', 'L', { l: SAME, mL: { per: 1000 }, ml: { per: 1000 } })
export const FLOW = quantity('L/min', 'L/min', { 'l/min': SAME, 'L/s': { times: 60 } })

export const OXYGEN_UPTAKE = quantity('mL/min·kg', 'mL/kg/min', {
  'mL/kg*min': SAME,
  'mL/(kg*min)': SAME,
  'ml/kg/min': SAME,
  'mL/min/kg': SAME,
})

export const SPEED = quantity('m/s', 'm/s', {
  'km/hr': { times: 1000, per: 3600 },
  'km/h': { times: 1000, per: 3600 },
  'mi/hr': { times: METRES_PER.mile, per: 3600 },
  mph: { times: METRES_PER.mile, per: 3600 },
  'ft/s': { times: METRES_PER.foot },
})

export const POWER = quantity('W', 'W', { kW: { times: 1000 } })
export const SOUND = quantity('dBASPL', 'dB(SPL)', { dB: SAME, 'dB(A)': SAME })
export const HEARING_LEVEL = quantity('dBHL', 'dB(HL)', { dB: SAME })
export const INSULIN = quantity('IU', '[iU]', { U: SAME })
export const CONDUCTANCE = quantity('uS', 'uS', { mcS: SAME, µS: SAME, S: { times: 1_000_000 } })
export const EFFORT = quantity('kcal/hr·kg', 'kcal/h/kg', {
  'kcal/hr*kg': SAME,
  'kcal/hr/kg': SAME,
  MET: SAME,
})
export const SCORE = quantity('appleEffortScore', '{score}', { count: SAME, score: SAME })

export const GRAMS = quantity('g', 'g', {
  mg: { per: 1000 },
  kg: { times: 1000 },
  oz: { times: 28.349523125 },
})
export const MILLIGRAMS = quantity('mg', 'mg', { g: { times: 1000 }, mcg: { per: 1000 }, ug: { per: 1000 } })
export const MICROGRAMS = quantity('mcg', 'ug', { mg: { times: 1000 }, g: { times: 1_000_000 }, µg: SAME })
