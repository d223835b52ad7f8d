import { describe, expect, it } from 'vitest'
import type { FailureRowFragment } from '@/gen/graphql'
import {
  comparePositions,
  KEPT_MAX,
  neighbours,
  openTail,
  rowsOf,
  type Tail,
  type TailAction,
  type TailEntry,
  tailReducer,
} from './tail'

function failure(position: number, told: Partial<FailureRowFragment> = {}): TailEntry {
  const sequence = String(position)
  return {
    kind: 'failure',
    id: `f${position}`,
    cursor: `c${position}`,
    failure: {
      id: `f${position}`,
      sequence,
      occurredAt: '2026-11-23T12:00:00Z',
      connectionKey: `connection-${position}`,
      taskKey: null,
      phase: 'RESPONSE',
      reason: 'INVALID_CLIENT',
      message: 'refused',
      httpStatus: 401,
      attempt: 1,
      retryable: false,
      oauthError: null,
      ...told,
    },
  }
}
const same = (position: number) => failure(position, { connectionKey: 'billing' })
const gap: TailEntry = { kind: 'gap', id: 'gap', cursor: 'g', missed: '7' }
const range = (from: number, to: number, make = failure) =>
  Array.from({ length: to - from + 1 }, (_, index) => make(from + index))

const become = (tail: Tail, ...actions: TailAction[]) => actions.reduce(tailReducer, tail)
const shown = (tail: Tail) => tail.groups.map(({ entries }) => entries.map(({ id }) => id).join('+'))
const empty = openTail({ entries: [], hasOlder: false })

describe('a tail', () => {
  it('shows what comes above what was there', () => {
    const tail = become(openTail({ entries: [failure(2), failure(1)], hasOlder: false }), {
      type: 'arrive',
      entries: [failure(3), failure(4)],
    })
    expect(shown(tail)).toEqual(['f4', 'f3', 'f2', 'f1'])
    expect(tail.count).toBe(4)
  })

  it('takes nothing twice that the page had already', () => {
    const tail = become(openTail({ entries: [failure(12), failure(9)], hasOlder: false }), {
      type: 'arrive',
      entries: [failure(9), failure(12), failure(100)],
    })
    expect(shown(tail)).toEqual(['f100', 'f12', 'f9'])
  })

  it('does not change when nothing new comes', () => {
    const tail = openTail({ entries: [failure(2)], hasOlder: false })
    expect(become(tail, { type: 'arrive', entries: [failure(2)] })).toBe(tail)
  })

  it('holds back what comes while it is paused, and shows it all when it is resumed', () => {
    const paused = become(
      openTail({ entries: [failure(1)], hasOlder: false }),
      { type: 'pause' },
      { type: 'arrive', entries: [failure(2), failure(3)] },
      { type: 'arrive', entries: [failure(3), failure(4)] },
    )
    expect(shown(paused)).toEqual(['f1'])
    expect(paused.held.map(({ id }) => id)).toEqual(['f4', 'f3', 'f2'])
    const resumed = become(paused, { type: 'resume' })
    expect(shown(resumed)).toEqual(['f4', 'f3', 'f2', 'f1'])
    expect(resumed.held).toEqual([])
  })

  it('forgets on clear what is shown and what is held, and goes on behind it', () => {
    const cleared = become(
      openTail({ entries: [failure(1)], hasOlder: false }),
      { type: 'pause' },
      { type: 'arrive', entries: [failure(2)] },
      { type: 'clear' },
      { type: 'arrive', entries: [failure(2), failure(3)] },
      { type: 'resume' },
    )
    expect(shown(cleared)).toEqual(['f3'])
    expect(cleared.hasOlder).toBe(true)
    expect(cleared.cleared).toBe(true)
  })

  it('gets cleared failures back from the log on demand', () => {
    const tail = become(
      openTail({ entries: [failure(2), failure(1)], hasOlder: false }),
      { type: 'clear' },
      { type: 'older', entries: [failure(3), failure(2), failure(1)], hasOlder: false },
      { type: 'arrive', entries: [failure(3), failure(4)] },
    )
    expect(shown(tail)).toEqual(['f4', 'f3', 'f2', 'f1'])
    expect(tail.hasOlder).toBe(false)
  })

  it('puts a page of older ones below, without those that are there', () => {
    const tail = become(openTail({ entries: [failure(20), failure(19)], hasOlder: true }), {
      type: 'older',
      entries: [failure(19), failure(8), failure(7)],
      hasOlder: true,
    })
    expect(shown(tail)).toEqual(['f20', 'f19', 'f8', 'f7'])
    expect(tail.hasOlder).toBe(true)
  })
})

describe('its groups', () => {
  it('are runs of the same connection, phase, reason and message', () => {
    const tail = openTail({
      entries: [
        same(6),
        same(5),
        failure(4),
        same(3),
        failure(2, { connectionKey: 'billing', message: 'other' }),
        same(1),
      ],
      hasOlder: false,
    })
    expect(shown(tail)).toEqual(['f6+f5', 'f4', 'f3', 'f2', 'f1'])
  })

  it('keep their id while they grow at both ends', () => {
    const opened = openTail({ entries: [same(5)], hasOlder: true })
    const id = opened.groups[0]?.id
    const grown = become(
      opened,
      { type: 'arrive', entries: [same(6), same(7)] },
      { type: 'older', entries: [same(4), failure(3)], hasOlder: false },
    )
    expect(shown(grown)).toEqual(['f7+f6+f5+f4', 'f3'])
    expect(grown.groups[0]?.id).toBe(id)
  })

  it('are parted by a gap, which says how many are missing', () => {
    const tail = become(empty, { type: 'arrive', entries: [same(1), gap, same(9)] })
    expect(shown(tail)).toEqual(['f9', 'gap', 'f1'])
  })

  it('have their entries below them when they are unfolded', () => {
    const tail = openTail({ entries: [failure(3), same(2), same(1)], hasOlder: false })
    expect(rowsOf(tail.groups, new Set())).toBe(tail.groups)
    expect(rowsOf(tail.groups, new Set(['f1'])).map(({ id }) => id)).toEqual(['f3', 'f1', 'f1 f2', 'f1 f1'])
  })
})

describe('its limit', () => {
  it('drops the oldest and counts them', () => {
    const full = openTail({ entries: range(1, KEPT_MAX).reverse(), hasOlder: false })
    expect(full.dropped).toBe(0)
    const tail = become(full, { type: 'arrive', entries: range(KEPT_MAX + 1, KEPT_MAX + 3) })
    expect(tail.count).toBe(KEPT_MAX)
    expect(tail.dropped).toBe(3)
    expect(tail.hasOlder).toBe(true)
    expect(shown(tail).at(0)).toBe(`f${KEPT_MAX + 3}`)
    expect(shown(tail).at(-1)).toBe('f4')
  })

  it('shortens a group that does not fit as a whole', () => {
    const tail = become(empty, { type: 'arrive', entries: range(1, KEPT_MAX + 5, same) })
    expect(tail.groups.length).toBe(1)
    expect(tail.groups[0]?.entries.length).toBe(KEPT_MAX)
    expect(tail.groups[0]?.entries.at(-1)?.id).toBe('f6')
  })

  it('holds for what is held back, too, without leaving a hole', () => {
    const tail = become(
      openTail({ entries: [failure(1)], hasOlder: false }),
      { type: 'pause' },
      { type: 'arrive', entries: range(2, KEPT_MAX + 2) },
    )
    expect(tail.held.length).toBe(KEPT_MAX)
    const resumed = become(tail, { type: 'resume' })
    expect(resumed.count).toBe(KEPT_MAX)
    expect(shown(resumed).at(-1)).toBe('f3')
  })

  it('takes only so many older ones as fit', () => {
    const nearly = openTail({ entries: range(11, KEPT_MAX + 9).reverse(), hasOlder: true })
    const tail = become(nearly, { type: 'older', entries: [failure(10), failure(9)], hasOlder: false })
    expect(tail.count).toBe(KEPT_MAX)
    expect(shown(tail).at(-1)).toBe('f10')
    expect(tail.hasOlder).toBe(true)
  })
})

describe('neighbours', () => {
  it('are the failures above and below, inside of groups as well and across gaps', () => {
    const { groups } = become(empty, { type: 'arrive', entries: [failure(1), gap, same(3), same(4)] })
    expect(neighbours(groups, 'f4')).toEqual({ previous: null, next: 'f3' })
    expect(neighbours(groups, 'f3')).toEqual({ previous: 'f4', next: 'f1' })
    expect(neighbours(groups, 'f1')).toEqual({ previous: 'f3', next: null })
    expect(neighbours(groups, 'elsewhere')).toEqual({ previous: null, next: null })
  })
})

describe('comparePositions', () => {
  it('compares numbers, not letters, also those beyond what a number can say', () => {
    expect(comparePositions('9', '10')).toBeLessThan(0)
    expect(comparePositions('9007199254740993', '9007199254740992')).toBeGreaterThan(0)
    expect(comparePositions('12', '12')).toBe(0)
  })
})
