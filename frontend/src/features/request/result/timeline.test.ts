import { describe, expect, it } from 'vitest'
import type { ExchangeTimelineFragment } from '@/gen/graphql'
import { timeline } from './timeline'

const exchange: ExchangeTimelineFragment = {
  startedAt: '2026-11-23T08:46:33.697168+00:00',
  attempts: [
    { number: 1, startedAt: '2026-11-23T08:46:33.699168+00:00', status: 503, reason: 'repeated', durationMs: 2.5 },
    { number: 2, startedAt: '2026-11-23T08:46:36.259168+00:00', status: 200, reason: null, durationMs: 4 },
  ],
  token: { source: 'FETCHED', fingerprint: 'a1b2' },
  timings: { queuedMs: 1.5, tokenMs: 0.25, dnsMs: 0.75, firstByteMs: 3, totalMs: 2567 },
}

describe('the steps of an exchange', () => {
  it('follow one another from the call, to the microsecond', () => {
    expect(timeline(exchange).map(({ kind, startMs, durationMs }) => [kind, round(startMs), durationMs])).toEqual([
      ['queued', 0, 1.5],
      ['token', 1.5, 0.25],
      ['attempt', 2, 2.5],
      ['attempt', 2562, 4],
      ['dns', 2562, 0.75],
      ['firstByte', 2562, 3],
      ['total', 0, 2567],
    ])
  })

  it('have no token without one, and no attempt when none was made', () => {
    const timings = { queuedMs: 1, tokenMs: 0, dnsMs: null, firstByteMs: null, totalMs: 2 }
    expect(timeline({ ...exchange, token: null, attempts: [], timings }).map(({ kind }) => kind)).toEqual([
      'queued',
      'total',
    ])
  })

  it('show the whole time of a token request that failed', () => {
    const timings = { queuedMs: 1, tokenMs: 9, dnsMs: null, firstByteMs: null, totalMs: 10 }
    expect(timeline({ ...exchange, token: null, attempts: [], timings })[1]).toEqual({
      kind: 'token',
      startMs: 1,
      durationMs: 9,
    })
  })

  it('are none while it is under way', () => {
    expect(timeline({ ...exchange, timings: null })).toEqual([])
  })
})

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
