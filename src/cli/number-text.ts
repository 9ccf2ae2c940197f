// Numbers and durations as people read them, the same on every machine.
//
// No locale: output is compared, pasted and parsed, so it may not depend on where it was made. Durations are in
// milliseconds, as everywhere; a text never claims more digits than are meant.

/** 1234567 as "1,234,567". */
export function numberText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",")
}

/** A rate with two or three digits: "0.4", "12.5", "340", "12.3k". */
export function rateText(value: number): string {
  if (value >= 99_950) return `${numberText(value / 1000)}k`
  if (value >= 9_995) return `${(value / 1000).toFixed(1)}k`
  return value >= 99.5 ? numberText(value) : value.toFixed(1)
}

/** Milliseconds as "48 ms", "1.25 s", "2:05" or "1:02:05". */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`
  return clockText(ms)
}

/** Milliseconds as "0:07", "2:05" or "1:02:05", for a count-down that must not change its width. */
export function clockText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const two = (value: number): string => String(value).padStart(2, "0")
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
