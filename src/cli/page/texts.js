// Numbers, times and elements of the page. The data is put in as text and never as HTML: `h` knows no other way.

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {string} [className]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function h(tag, className = "", ...children) {
  const element = document.createElement(tag)
  if (className !== "") element.className = className
  element.append(...children.filter((child) => child !== null))
  return element
}

/** 1234567 as "1,234,567". @param {number} value */
export function count(value) {
  return Math.round(value).toLocaleString("en-US")
}

/** As many digits as one reads: "0.42", "12.5", "340", "12.3k", "1.20M". @param {number} value */
export function brief(value) {
  if (value >= 999_500) return `${(value / 1e6).toFixed(value < 9_995_000 ? 2 : 1)}M`
  if (value >= 9_995) return `${(value / 1000).toFixed(value < 99_950 ? 1 : 0)}k`
  if (value >= 99.5 || value === 0) return count(value)
  return String(Number(value.toFixed(value >= 9.95 ? 1 : 2)))
}

/** A number with its unit: "12.5/s", "30 in flight". @param {number} value @param {string} unit */
export function measured(value, unit) {
  return unit.startsWith("/") ? brief(value) + unit : `${brief(value)}\u00a0${unit}`
}

/** A number of an axis: short, and without zeros behind its point. @param {number} value */
export function axisText(value) {
  if (value >= 1e6) return `${tidy(value / 1e6)}M`
  return value >= 10_000 ? `${tidy(value / 1000)}k` : tidy(value).toLocaleString("en-US")
}

/** Without the dust of logarithms and sums. @param {number} value */
function tidy(value) {
  return Number(value.toPrecision(6))
}

/** A time of an axis: "0", "250 ms", "1.5 s". @param {number} ms */
export function axisTime(ms) {
  const value = tidy(ms)
  if (value < 1000) return `${value} ms`
  return value < 60_000 ? `${tidy(value / 1000)} s` : `${tidy(value / 60_000)} min`
}

/**
 * Milliseconds as a number and its unit.
 *
 * @param {number} ms
 * @returns {[string, string]}
 */
export function duration(ms) {
  if (ms < 0.05) return ["0", "ms"]
  if (ms < 999.5) return [ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms)), "ms"]
  if (ms < 59_950) return [(ms / 1000).toFixed(ms < 9_995 ? 2 : 1), "s"]
  return ms < 3_599_500 ? [clock(ms), "min"] : [clock(ms), "h"]
}

/** @param {number} ms */
export function durationText(ms) {
  return duration(ms).join("\u00a0")
}

/** Milliseconds as "0:07", "2:05" or "1:02:05". @param {number} ms */
export function clock(ms) {
  const seconds = Math.round(ms / 1000)
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0")
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** A stretch of time in its largest unit: "40 s", "12 min", "5 h", "3 days". @param {number} ms */
export function stretch(ms) {
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`
}

/** A moment as the reader's calendar has it. @param {string} iso */
export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })
}

/** "12.5 %", and never "0 %" or "100 %" of what is a little more or less. @param {number} part @param {number} whole */
export function percent(part, whole) {
  const share = whole === 0 ? 0 : (part / whole) * 100
  if (share > 0 && share < 0.1) return "< 0.1 %"
  if (share > 99.9 && share < 100) return "> 99.9 %"
  return `${share === Math.round(share) ? share : share.toFixed(1)} %`
}

/** "1 line", "2 lines". @param {number} value @param {string} one @param {string} [many] */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** Dollars with as many digits as small sums need. @param {number} value */
export function dollars(value) {
  const digits = value >= 1 || value === 0 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(value)))
  return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits })}`
}
