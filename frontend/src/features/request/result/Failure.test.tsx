import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { AuthFailureDetailsFragment } from '@/gen/graphql'
import { TestApp } from '@/testing/TestApp'
import { AuthFailureNotice } from './AuthFailureNotice'
import { Failure } from './Failure'

const failure = (field: string | null) =>
  ({
    __typename: 'AuthFailure',
    message: 'the issuer said no',
    phase: 'CONNECT',
    reason: 'INVALID_CLIENT',
    httpStatus: null,
    oauthError: null,
    excerpt: null,
    retryable: false,
    connectionKey: 'billing',
    remedy: { summary: 'Ask the issuer.', field },
  }) as unknown as AuthFailureDetailsFragment

const link = (field: string | null) => {
  render(<AuthFailureNotice failure={failure(field)} />, { wrapper: TestApp })
  return screen.getByRole('link')
}

test('a remedy that names a field leads to it', () => {
  const found = link('clientId')
  expect(found.textContent).toBe('Open the connection at this field')
  expect(found.getAttribute('href')).toContain('field=clientId')
})

test('a remedy without a field leads to the connection', () => {
  const found = link(null)
  expect(found.textContent).toBe('Open the connection')
  expect(found.getAttribute('href')).not.toContain('field')
})

test('where a transport failed, and whether it may work later, is one text', () => {
  const outcome = { __typename: 'TransportFailure', message: 'refused', phase: 'CONNECT', retryable: true } as never
  render(<Failure outcome={outcome} />, { wrapper: TestApp })
  const said = screen.getByText(/^Phase: .+\. The same request may succeed later with nothing changed\.$/)
  expect(said.childNodes).toHaveLength(1)
})
