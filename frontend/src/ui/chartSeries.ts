// What a chart draws. Apart from the chart, because the part that draws is loaded later.
import type { Tone } from './Status'

/** How a series is drawn. Each look can be told from the others without its colour. */
export type SeriesLook = 'bars' | 'filled-bars' | 'solid' | 'dashed' | 'dotted'

export type ChartSeries = {
  name: string
  tone: Tone | 'accent'
  /** Bars stand over each other, the later in front: they are for parts of a whole. */
  look: SeriesLook
  /** One a step; null is a gap. */
  values: (number | null)[]
  /** What the legend says as long as no step is pointed at: the sum, for example. */
  whole?: string
}

/** How lines are broken, in pixels. */
export const dashes: Record<SeriesLook, number[]> = {
  bars: [],
  'filled-bars': [],
  solid: [],
  dashed: [7, 4],
  dotted: [2, 3],
}

/** Whether a series is drawn as bars. */
export function isBars(look: SeriesLook): boolean {
  return look === 'bars' || look === 'filled-bars'
}
