// What all charts of the page have in common: a place with a caption, axes, and colours of the theme.
//
// A chart is made once and fed again; it follows the width of its place and the theme of the reader. Drawn by uPlot.

import { h } from "./texts.js"

/** The colour of that name in the present theme. @param {string} name */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

export const labelFont = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

/**
 * Axes as all charts have them.
 *
 * @param {Partial<uPlot.Axis>} x
 * @param {(value: number) => string} yText
 * @returns {uPlot.Axis[]}
 */
export function axes(x, yText) {
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
export function reading(name, value, dot = "") {
  return h("span", dot === "" ? "" : `dot ${dot}`, `${name} `, h("b", "", value))
}
