import { expect, test } from 'vitest'
import { durationMs, durationOf, isSeconds, secondsOf } from './duration'

test('durations are shown in seconds, and what is none as it is', () => {
  const texts = ['PT60S', 'PT1.5S', 'PT0.25S', 'PT1H1M', 'P1DT1S', 'nonsense', '']
  expect(texts.map(secondsOf)).toEqual(['60', '1.5', '0.25', '3660', '86401', 'nonsense', ''])
})

test('milliseconds of every unit together, and of no duration', () => {
  expect(['P1DT2H3M4S', 'P90D', 'PT1.5S', 'P', 'x'].map(durationMs)).toEqual([
    93_784_000,
    7_776_000_000,
    1_500,
    null,
    null,
  ])
})

test('seconds become a duration; a comma is a point', () => {
  expect(['60', ' 1,5 ', '', '  '].map(durationOf)).toEqual(['PT60S', 'PT1.5S', null, null])
})

test('only numbers with up to three decimals are seconds', () => {
  expect(['60', '1.5', '1,125', '1.2345', '-1', 'x', ''].map(isSeconds)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})
