import { expect, test } from 'vitest'
import { durationMs } from './isoDuration'

test('seconds with a fraction', () => expect(durationMs('PT1.5S')).toBe(1_500))
test('all units together', () => expect(durationMs('P1DT2H3M4S')).toBe(93_784_000))
test('days alone', () => expect(durationMs('P90D')).toBe(7_776_000_000))
test('years and nothing are no durations', () => expect([durationMs('P1Y'), durationMs('P')]).toEqual([null, null]))
