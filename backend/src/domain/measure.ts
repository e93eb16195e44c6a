/** How a figure is computed, and who says that it may be computed so. */
export interface Method {
  /** Stable name, such as `sleep-regularity-index`. */
  name: string
  /** Paper or page. */
  source: string
}

/** What a figure rests on. */
export interface Coverage {
  /** How many of `unit` had data, how many the period has, and how many the method needs. */
  have: number
  of: number
  need: number
  unit: 'days' | 'nights' | 'day pairs' | 'intervals' | 'recordings'
}

/** A figure with all that is needed to judge it; `value` is null where the data is too thin, and `reason` says why. */
export interface Measure extends Coverage {
  value: number | null
  unit: Coverage['unit']
  /** Unit of `value`: `min`, `%`, `ms`; empty for an index without one. */
  valueUnit: string
  method: Method
  reason?: string
}

/**
 * A figure where there is enough to compute it from.
 * @param compute is asked only when the coverage suffices; null where the figure is not defined for this data
 * @param undefinedBecause the reason given for such a null
 */
export function measure(
  method: Method,
  valueUnit: string,
  coverage: Coverage,
  compute: () => number | null,
  undefinedBecause = 'the values do not vary, so that this is not defined',
): Measure {
  const known = { ...coverage, valueUnit, method }
  if (coverage.have < coverage.need) {
    const reason = `needs ${coverage.need} ${coverage.unit} with data, there are ${coverage.have} in this period`
    return { ...known, value: null, reason }
  }
  const value = compute()
  if (value === null || !Number.isFinite(value)) return { ...known, value: null, reason: undefinedBecause }
  return { ...known, value }
}
