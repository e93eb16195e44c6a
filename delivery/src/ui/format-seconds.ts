/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 119.5) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** `5.1 s (4.0 s to 7.2 s)`: a time that is not known exactly, with its ends. */
export function formatSpread({ seconds, least, most }: Record<'seconds' | 'least' | 'most', number>): string {
  return `${formatSeconds(seconds)} (${formatSeconds(least)} to ${formatSeconds(most)})`
}
