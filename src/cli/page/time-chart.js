// Lines over the time of a run: throughput, requests on their way, tokens.
//
// Stretches in which nothing happened are cut out of the time; a broken line marks where, and says how long.

import { Chart, axes, colour, labelFont, reading } from "./chart.js"
import { axisText, clock, measured, stretch } from "./texts.js"

/** @typedef {import("../../batch/batch-report.ts").ReportTimeline} ReportTimeline */

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
