// The drawing of a chart, by uPlot: 50 kB that only pages with charts load. See Chart.
import { useLingui } from '@lingui/react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { compactNumber } from '@/i18n/format'
import { type ChartSeries, dashes, isBars } from './chartSeries'
import type { Steps } from './series'
import { isByDays, tickName } from './stepNames'

type PlotProps = {
  label: string
  steps: Steps
  series: ChartSeries[]
  format: (value: number) => string
  colourOf: (series: number) => string
  /** A step with its values, as a sentence. */
  stepText: (step: number) => string
  /** Which step is pointed at. */
  onPoint: (step: number | null) => void
}

/** Where a label of the axes needs no fractions: the steps between ticks of what is counted. */
const WHOLE = [1, 2, 5]
  .flatMap(digit => Array.from({ length: 9 }, (_, zeros) => digit * 10 ** zeros))
  .sort((a, b) => a - b)

/** The plot. It is a slider for the keyboard: the arrow keys go from step to step, and the legend says what is there. */
export default function Plot(props: PlotProps) {
  const { i18n } = useLingui()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const current = useRef({ ...props, locale: i18n.locale })
  current.current = { ...props, locale: i18n.locale }
  const [step, setStep] = useState<number | null>(null)
  const shape = props.series.map(({ name, look }) => `${name} ${look}`).join()

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is what can't be changed in a plot that stands
  useEffect(() => {
    const place = frame.current
    if (!place) return
    const made = new uPlot(
      options(place, () => current.current),
      data(current.current),
      place,
    )
    plot.current = made
    const unwatch = watch(place, made)
    return () => {
      unwatch()
      made.destroy()
      plot.current = null
    }
  }, [shape])

  // biome-ignore lint/correctness/useExhaustiveDependencies: `locale` is written on the axes
  useEffect(() => plot.current?.setData(data(props)), [props.steps, props.series, i18n.locale])

  const point = (to: number | null) => {
    setStep(to)
    const at = to === null ? undefined : plot.current?.data[0][to]
    plot.current?.setCursor(
      at === undefined ? { left: -10, top: -10 } : { left: plot.current.valToPos(at, 'x'), top: 0 },
    )
  }
  const last = props.steps.starts.length - 1
  const onKeyDown = (event: KeyboardEvent) => {
    const here = step ?? last + 1
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    point(Math.max(0, Math.min(last, to)))
  }
  const shown = Math.min(step ?? last, last)
  return (
    <div
      ref={frame}
      // Time runs from left to right in every language's charts.
      dir="ltr"
      role="slider"
      tabIndex={0}
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={shown}
      aria-valuetext={props.stepText(shown)}
      onKeyDown={onKeyDown}
      onBlur={() => point(null)}
      className="h-full w-full overflow-hidden rounded-sm border-0 border-line text-muted"
    />
  )
}

/** Keeps size and colours as they should be. Returns what ends that. */
function watch(place: HTMLElement, plot: uPlot): () => void {
  const size = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight }))
  size.observe(place)
  const redraw = () => plot.redraw(false)
  const theme = new MutationObserver(redraw)
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = [window.matchMedia('(prefers-color-scheme: dark)'), window.matchMedia('(forced-colors: active)')]
  for (const query of system) query.addEventListener('change', redraw)
  return () => {
    size.disconnect()
    theme.disconnect()
    for (const query of system) query.removeEventListener('change', redraw)
  }
}

/** Each value stands in the middle of its step. */
function data({ steps, series }: Pick<PlotProps, 'steps' | 'series'>): uPlot.AlignedData {
  const middles = steps.starts.map(start => (start + steps.lengthMs / 2) / 1_000)
  // A bar of nothing would be a line on the ground.
  const drawn = ({ look, values }: ChartSeries) => (isBars(look) ? values.map(value => value || null) : values)
  return [middles, ...series.map(drawn)]
}

function options(place: HTMLElement, props: () => PlotProps & { locale: string }): uPlot.Options {
  const ink = () => getComputedStyle(place).color
  const line = () => getComputedStyle(place).borderTopColor
  const { fontFamily } = getComputedStyle(place)
  const { series } = props()
  const isCounted = series.some(({ look }) => isBars(look))
  const axis = { stroke: ink, font: `12px ${fontFamily}`, ticks: { show: false } }
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    // The ticks of days stand where the server's days begin, those of hours in the reader's own zone.
    tzDate: seconds => {
      const at = new Date(seconds * 1_000)
      return isByDays(props().steps) ? uPlot.tzDate(at, 'Etc/UTC') : at
    },
    padding: [8, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false, setScale: false } },
    scales: {
      x: { range: () => stepsRange(props().steps) },
      y: { range: (_, __, max) => [0, Math.max(isCounted ? 4 : 0.1, (max ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 64,
        values: (_, ticks, __, ___, increment) =>
          ticks.map(tick => tickName(props().locale, props().steps, tick, increment)),
      },
      {
        ...axis,
        grid: { stroke: line, width: 1 },
        space: 28,
        size: 58,
        ...(isCounted && { incrs: WHOLE }),
        values: (_, ticks) =>
          ticks.map(tick => (isCounted ? compactNumber(props().locale, tick) : props().format(tick))),
      },
    ],
    series: [{}, ...series.map((one, index) => drawing(one, () => props().colourOf(index)))],
    hooks: { setCursor: [({ cursor }) => props().onPoint(cursor.idx ?? null)] },
  }
}

function drawing({ look }: ChartSeries, colour: () => string): uPlot.Series {
  if (!isBars(look)) {
    return { stroke: colour, width: 2, dash: dashes[look], points: { show: true, size: 4, fill: colour, width: 0 } }
  }
  const fill = () => (look === 'bars' ? `color-mix(in srgb, ${colour()} 20%, transparent)` : colour())
  const bars = uPlot.paths.bars?.({ size: [0.72, 32] })
  return { stroke: colour, fill, width: 1, points: { show: false }, ...(bars && { paths: bars }) }
}

function stepsRange({ starts, lengthMs }: Steps): [number, number] {
  const [first = 0] = starts
  return [first / 1_000, ((starts.at(-1) ?? first) + lengthMs) / 1_000]
}
