// Charts of the page, drawn by uPlot: lines over time, and bars of times on a logarithmic axis.
//
// A chart is made once and fed again; it follows the width of its place and the theme of the reader.

import { axisText, axisTime, clock, count, durationText, h, measured, percent, stretch } from "./texts.js"

/** @typedef {import("../../batch/batch-report.ts").ReportTimes} ReportTimes */
/** @typedef {import("../../batch/batch-report.ts").ReportTimeline} ReportTimeline */

/** The colour of that name in the present theme. @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

const labelFont = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

/**
 * Axes as all charts have them.
 *
 * @param {Partial<uPlot.Axis>} x
 * @param {(value: number) => string} yText
 * @returns {uPlot.Axis[]}
 */
function axes(x, yText) {
  const plain = { stroke: () => colour("soft"), font: labelFont, ticks: { show: false } }
  return [
    { ...plain, grid: { show: false }, size: 25, gap: 8, ...x },
    {
      ...plain,
      grid: { stroke: () => colour("line"), width: 1 },
      size: 46,
      gap: 6,
      space: 34,
      values: (_, splits) => splits.map((value) => (value === null ? "" : yText(value))),
    },
  ]
}

/** A place for a chart, with its caption and what it reads at the pointer. */
export class Chart {
  /** @param {string} title @param {number} height */
  constructor(title, height) {
    this.reading = h("div", "reading")
    this.plot = h("div", "plot")
    this.element = h("div", "chart", h("div", "caption", h("h3", "", title), this.reading), this.plot)
    this.plot.setAttribute("role", "img")
    this.plot.style.height = `${height}px`
    this.height = height
    /** @type {uPlot | null} */
    this.drawn = null
    /** What the caption says while nobody points. @type {(Node | string)[]} */
    this.resting = []
    new ResizeObserver(() => this.drawn?.setSize(this.size())).observe(this.plot)
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.drawn?.redraw(false))
  }

  size() {
    return { width: Math.max(120, this.plot.clientWidth), height: this.height }
  }

  /**
   * Draws, or draws again.
   *
   * @param {uPlot.AlignedData} data
   * @param {() => Omit<uPlot.Options, "width" | "height">} options
   */
  show(data, options) {
    if (this.drawn === null) {
      const common = {
        legend: { show: false },
        padding: /** @type {[number, number, number, number]} */ ([8, 14, 0, 0]),
      }
      this.drawn = new uPlot({ ...common, ...options(), ...this.size() }, data, this.plot)
    } else this.drawn.setData(data)
    this.rest()
  }

  rest() {
    this.reading.replaceChildren(...this.resting)
  }

  /** @param {string} text what a reader hears who sees no chart */
  describe(text) {
    this.plot.setAttribute("aria-label", text)
  }
}

/** A value of a caption. @param {string} name @param {string} value @param {string} [dot] */
function reading(name, value, dot = "") {
  return h("span", dot === "" ? "" : `dot ${dot}`, `${name} `, h("b", "", value))
}

/**
 * @typedef {object} TimeLine
 * @property {string} name
 * @property {"answers" | "failures" | "inFlight" | "tokens"} column
 * @property {string} stroke name of a colour
 * @property {string} [fill] name of a colour
 * @property {string} dot class of its mark in the caption
 */

/** Lines over the time of a run; all such charts share one pointer. */
export class TimeChart extends Chart {
  /** @param {string} title @param {string} unit @param {TimeLine[]} lines */
  constructor(title, unit, lines) {
    super(title, 170)
    this.lines = lines
    this.unit = unit
    /** @type {ReportTimeline | null} */
    this.timeline = null
  }

  /** @param {ReportTimeline} timeline */
  draw(timeline) {
    this.timeline = timeline
    const x = timeline.at.map((at) => at / 1000)
    const rows = this.lines.map(({ column }) => [...timeline[column]])
    const peak = (/** @type {number[]} */ row) =>
      measured(
        row.reduce((most, value) => Math.max(most, value), 0),
        this.unit,
      )
    this.resting = this.lines.map(({ name, dot }, n) => reading(`${name}, at most`, peak(rows[n] ?? []), dot))
    this.describe(this.lines.map(({ name }, n) => `${name}: at most ${peak(rows[n] ?? [])}`).join("; "))
    this.show([x, ...rows], () => this.options())
  }

  /** @returns {Omit<uPlot.Options, "width" | "height">} */
  options() {
    const step = [
      0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
    ]
    return {
      cursor: { y: false, sync: { key: "time" }, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { x: { time: false }, y: { range: (_, _low, high) => [0, Math.max(high * 1.08, 0.1)] } },
      axes: axes(
        {
          incrs: step,
          space: 70,
          values: (_, splits, _axis, _space, increment) =>
            splits.map((at) => (increment < 1 ? `${at.toFixed(1)} s` : clock(at * 1000))),
        },
        axisText,
      ),
      series: [
        {},
        ...this.lines.map(({ stroke, fill }) => ({
          stroke: () => colour(stroke),
          width: 1.75,
          points: { show: (/** @type {uPlot} */ plot) => (plot.data[0]?.length ?? 0) < 3 },
          ...(fill === undefined ? {} : { fill: () => colour(fill) }),
        })),
      ],
      hooks: { setCursor: [(plot) => this.point(plot.cursor.idx)], draw: [(plot) => this.drawBreaks(plot)] },
    }
  }

  /** @param {number | null | undefined} index */
  point(index) {
    const { timeline } = this
    if (timeline === null || index === null || index === undefined) return this.rest()
    const at = timeline.at[index] ?? 0
    const values = this.lines.map(({ name, column, dot }) =>
      reading(name, measured(timeline[column][index] ?? 0, this.unit), dot),
    )
    this.reading.replaceChildren(reading("at", clock(at)), ...values)
  }

  /** Where time was cut out. @param {uPlot} plot */
  drawBreaks(plot) {
    const { ctx, bbox } = plot
    ctx.save()
    ctx.strokeStyle = colour("faint")
    ctx.fillStyle = colour("soft")
    ctx.lineWidth = devicePixelRatio
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.font = labelFont.replace("12px", `${11 * devicePixelRatio}px`)
    ctx.textBaseline = "top"
    ctx.textAlign = "left"
    for (const { at, idle } of this.timeline?.breaks ?? []) {
      const x = plot.valToPos(at / 1000, "x", true)
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
      ctx.fillText(`${stretch(idle)} later`, x + 4 * devicePixelRatio, bbox.top)
    }
    ctx.restore()
  }
}

/** Bars of times on a logarithmic axis, with the percentiles marked. */
export class TimesChart extends Chart {
  /** @param {string} title @param {string} stroke @param {string} fill names of colours */
  constructor(title, stroke, fill) {
    super(title, 220)
    this.stroke = stroke
    this.fill = fill
    /** @type {ReportTimes | null} */
    this.times = null
  }

  /** @param {ReportTimes} times */
  draw(times) {
    this.times = times
    const { edges, counts, p50, p99, max } = times
    const marks = [
      ["median", p50],
      ["p99", p99],
      ["longest", max],
    ]
    this.resting = marks
      .slice(0, 2)
      .map(([name, value]) => reading(String(name), durationText(Number(value))))
    this.describe(marks.map(([name, value]) => `${name} ${durationText(Number(value))}`).join(", "))
    this.show([edges.slice(0, -1).map(Math.log10), [...counts]], () => this.options())
  }

  /** @returns {[number, number]} */
  range() {
    const edges = this.times?.edges ?? [1, 10]
    return [Math.log10(edges[0] ?? 1), Math.log10(edges.at(-1) ?? 10)]
  }

  /** @returns {Omit<uPlot.Options, "width" | "height">} */
  options() {
    const bars = uPlot.paths.bars?.({ size: [0.86, 90], align: 1, radius: 0.08 })
    return {
      padding: [26, 22, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => this.range() },
        y: { range: (_, _low, high) => [0, Math.max(1, high * 1.04)] },
      },
      axes: axes(
        {
          splits: (plot) => this.ticks(Math.max(3, Math.floor(plot.bbox.width / devicePixelRatio / 70))),
          values: (_, splits) => splits.map((value) => axisTime(10 ** value)),
        },
        (value) => (Number.isInteger(value) ? axisText(value) : ""),
      ),
      series: [
        {},
        {
          stroke: () => colour(this.stroke),
          fill: () => colour(this.stroke),
          width: 0,
          points: { show: false },
          ...(bars === undefined ? {} : { paths: bars }),
        },
      ],
      hooks: { setCursor: [(plot) => this.point(plot)], draw: [(plot) => this.drawMarks(plot)] },
    }
  }

  /** Round times of the axis, as logarithms. @param {number} most @returns {number[]} */
  ticks(most) {
    const [low, high] = this.range().map((value) => 10 ** value)
    if (low === undefined || high === undefined) return []
    for (const steps of [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]]) {
      const found = decades(low, high).flatMap((decade) => steps.map((step) => step * decade))
      const inside = found.filter((value) => value >= low && value <= high).map(Math.log10)
      const gaps = inside.slice(1).map((value, n) => value - (inside[n] ?? 0))
      const isWide = Math.min(...gaps) >= Math.log10(high / low) / most
      if (inside.length >= 3 && isWide) return inside
    }
    return linearTicks(low, high, most).map(Math.log10)
  }

  /** @param {uPlot} plot */
  point(plot) {
    const { times } = this
    const left = plot.cursor.left ?? -1
    if (times === null || left < 0) return this.rest()
    const value = 10 ** plot.posToVal(left, "x")
    const bar = times.edges.findIndex((edge, n) => value >= edge && value < (times.edges[n + 1] ?? 0))
    if (bar === -1) return this.rest()
    const number = times.counts[bar] ?? 0
    this.reading.replaceChildren(
      reading(
        `${durationText(times.edges[bar] ?? 0)} to ${durationText(times.edges[bar + 1] ?? 0)}`,
        `${count(number)} (${percent(number, times.count)})`,
      ),
    )
  }

  /** The percentiles as lines with their names above; a name that would touch the last is left out. @param {uPlot} plot */
  drawMarks(plot) {
    const { times } = this
    if (times === null) return
    const { ctx, bbox } = plot
    ctx.save()
    ctx.lineWidth = devicePixelRatio
    ctx.font = labelFont.replace("12px", `600 ${11.5 * devicePixelRatio}px`)
    ctx.textBaseline = "bottom"
    ctx.textAlign = "center"
    let free = -Infinity
    for (const [name, value] of /** @type {[string, number][]} */ ([
      ["p50", times.p50],
      ["p90", times.p90],
      ["p99", times.p99],
    ])) {
      const x = Math.min(plot.valToPos(Math.log10(Math.max(value, 1e-3)), "x", true), bbox.left + bbox.width)
      ctx.strokeStyle = colour("ink")
      ctx.fillStyle = colour("ink")
      ctx.globalAlpha = 0.55
      ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
      ctx.beginPath()
      ctx.moveTo(x, bbox.top - 3 * devicePixelRatio)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
      ctx.globalAlpha = 1
      const half = ctx.measureText(name).width / 2
      const center = Math.min(Math.max(x, half), bbox.left + bbox.width - half + 4 * devicePixelRatio)
      if (center - half < free) continue
      ctx.fillText(name, center, bbox.top - 5 * devicePixelRatio)
      free = center + half + 6 * devicePixelRatio
    }
    ctx.restore()
  }
}

/** Powers of ten from below `low` to `high`. @param {number} low @param {number} high */
function decades(low, high) {
  const found = []
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) found.push(10 ** power)
  return found
}

/** Round numbers at even distances. @param {number} low @param {number} high @param {number} most */
function linearTicks(low, high, most) {
  const rough = (high - low) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough) ?? rough
  const ticks = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push(value)
  return ticks
}
