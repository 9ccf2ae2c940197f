// How long answers took, as bars on a logarithmic axis with the percentiles marked.
//
// The edges of the bars come with the figures; the page only finds round times for the axis.

import { Chart, axes, colour, labelFont, reading } from "./chart.js"
import { axisText, axisTime, count, durationText, percent } from "./texts.js"

/** @typedef {import("../../batch/batch-report.ts").ReportTimes} ReportTimes */

/** Bars of times on a logarithmic axis, with the percentiles marked. */
export class TimesChart extends Chart {
  /** @param {string} title @param {string} stroke name of a colour */
  constructor(title, stroke) {
    super(title, 220)
    this.stroke = stroke
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
