import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { render, screen, within } from '@testing-library/react'
import type { ComponentProps } from 'react'
import { expect, test } from 'vitest'
import type { TestResultFragment } from '@/gen/graphql'
import { TestResult } from './TestResult'

const issued: TestResultFragment = {
  at: '2026-11-23T08:50:35.688032+00:00',
  ok: true,
  steps: [
    { phase: 'SECRET', status: 'PASSED', detail: 'version 1 of demo-secret was opened', durationMs: 0.5 },
    { phase: 'TLS', status: 'SKIPPED', detail: 'the Access Token URL is http', durationMs: 0 },
    { phase: 'REQUEST', status: 'WARNED', detail: 'it went without TLS', durationMs: 1500 },
  ],
  token: {
    tokenType: 'Bearer',
    scope: 'demo:read',
    expiresAt: '2026-11-23T08:51:35.688032+00:00',
    fingerprint: '3d0c0caa3531eb0c',
  },
  failure: null,
}

const refused: TestResultFragment = {
  ...issued,
  ok: false,
  token: null,
  failure: {
    phase: 'RESPONSE',
    reason: 'INVALID_CLIENT',
    message: 'the token endpoint answered 401',
    httpStatus: 401,
    oauthError: { error: 'invalid_client', errorDescription: 'unknown client', errorUri: 'https://evil.example/' },
    excerpt: '{"error":"invalid_client"}',
    remedy: { summary: 'Check Client ID and Secret Configuration.', field: 'authentication' },
  },
}

const show = (props: ComponentProps<typeof TestResult>) =>
  render(
    <I18nProvider i18n={i18n}>
      <TestResult {...props} />
    </I18nProvider>,
  )

test('says of each step what it is, how it ended, what was found, and how long it took', () => {
  show({ test: issued })
  const steps = screen.getAllByRole('listitem').map(step => step.textContent)
  expect(steps).toEqual([
    'Secret Passedversion 1 of demo-secret was opened0.5 ms',
    'TLS Skippedthe Access Token URL is http',
    'Request Passed with a warningit went without TLS1.5 secs',
  ])
  expect(screen.getByText('3d0c0caa3531eb0c')).toBeTruthy()
})

test('says why there is no token, and leads to the field to mend', () => {
  show({ test: refused, toField: field => <button type="button">{field}</button> })
  const alert = within(screen.getByRole('alert'))
  expect(alert.getByText('No token: invalid_client')).toBeTruthy()
  expect(alert.getByText('Check Client ID and Secret Configuration.')).toBeTruthy()
  expect(alert.getByRole('button', { name: 'authentication' })).toBeTruthy()
})

test('makes no link of what a stranger says', () => {
  show({ test: refused })
  expect(screen.getByText('https://evil.example/')).toBeTruthy()
  expect(screen.queryByRole('link')).toBeNull()
})
