// Counts over time, no larger than a word. The text beside it says the same to those who can't see it.
import { classes } from './classes'
import type { Tone } from './Status'

const inks: Record<Tone, string> = {
  ok: 'fill-ok',
  warn: 'fill-warn',
  bad: 'fill-bad',
  info: 'fill-info',
  idle: 'fill-idle',
}

const WIDTH = 72
const HEIGHT = 20

type SparklineProps = {
  /** One count a step, oldest first. */
  values: readonly number[]
  /** What it shows, in words: "3 failures in the last 24 hours". */
  text: string
  tone?: Tone
}

/** A bar for each step; a step without anything has none, and all without anything is a line. */
export function Sparkline({ values, text, tone = 'bad' }: SparklineProps) {
  const highest = Math.max(...values, 1)
  const step = WIDTH / Math.max(values.length, 1)
  return (
    <svg
      role="img"
      aria-label={text}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="h-5 w-18 shrink-0 overflow-visible forced-colors:fill-[CanvasText]"
    >
      <title>{text}</title>
      <rect x="0" y={HEIGHT - 1} width={WIDTH} height="1" className="fill-line" />
      {values.map((value, index) => {
        // Once in a day is still seen beside a thousand.
        const height = value === 0 ? 0 : Math.max(3, (value / highest) * HEIGHT)
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
            key={index}
            x={index * step}
            y={HEIGHT - height}
            width={Math.max(step - 1, 1)}
            height={height}
            className={classes(inks[tone])}
          />
        )
      })}
    </svg>
  )
}
