import { render } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { ExchangeOutcomeFragment } from '@/gen/graphql'
import { TestApp } from '@/testing/TestApp'
import { Outcome } from './Outcome'

test.each<[string, ExchangeOutcomeFragment['outcome']]>([
  ['Under way', null],
  ['404 Not Found', { __typename: 'HttpResponse', status: 404, authFailure: null }],
  ['Outcome unknown', { __typename: 'OutcomeUnknown' }],
])('says %j', (text, outcome) => {
  const { container } = render(
    <TestApp>
      <Outcome outcome={outcome} />
    </TestApp>,
  )
  expect(container.textContent).toBe(text)
})
