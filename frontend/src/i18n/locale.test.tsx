// The languages as they are chosen, loaded and spoken, with the compiled catalogues (`npm run generate`). That they are
// whole is checked by scripts/catalogues.mjs.
import { i18n, type MessageDescriptor } from '@lingui/core'
import { generateMessageId } from '@lingui/message-utils/generateMessageId'
import { cleanup, render, screen } from '@testing-library/react'
import type { ComponentProps } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FactsPanel } from '@/features/connectionDetail/FactsPanel'
import { UsedBy } from '@/features/secrets/UsedBy'
import { authentications } from '@/labels/authentication'
import { connectionStates } from '@/labels/connectionState'
import { definitionFields } from '@/labels/definition'
import { failureReasons } from '@/labels/failure'
import { TestApp } from '@/testing/TestApp'
import { activate, chooseLocale, preferredLocale } from './locale'

afterEach(() => activate('en-GB'))

const CONNECTION: ComponentProps<typeof FactsPanel>['connection'] = {
  key: 'billing',
  description: '',
  labels: [],
  clientId: 'my-client',
  accessTokenUrl: 'https://issuer.example/token',
  issuer: null,
  authentication: { __typename: 'PublicClientAuthentication' },
  parameters: [],
  tokenPolicy: {
    cache: true,
    refreshSkew: 'PT30S',
    maxRetries: 0,
    requestTimeout: 'PT10S',
    expiredStatusCodes: [401],
    defaultLifetime: null,
  },
  allowedHosts: [],
  baseUrl: null,
  dpop: null,
  createdAt: '2026-03-01T12:00:00Z',
  updatedAt: '2026-03-01T12:00:00Z',
  updatedBy: { id: 'ada', display: 'Ada' },
}

/** What the facts of a connection say of repeated token requests. */
function repetition(maxRetries: number): string | undefined {
  const tokenPolicy = { ...CONNECTION.tokenPolicy, maxRetries }
  render(<FactsPanel connection={{ ...CONNECTION, tokenPolicy }} />, { wrapper: TestApp })
  const [said] = screen.getAllByRole('listitem').slice(-1)
  cleanup()
  return said?.textContent
}

/** What is said of places that use a secret and are not listed. */
function unlisted(count: number): string | null {
  const billing = { key: 'billing', displayName: 'Billing' }
  render(<UsedBy connections={[billing]} tasks={[]} total={1 + count} />, { wrapper: TestApp })
  const said = screen.queryByRole('paragraph')?.textContent ?? null
  cleanup()
  return said
}

const say = (label: MessageDescriptor | undefined) => label && i18n._(label)

describe('German', () => {
  beforeEach(() => activate('de'))

  test('has words of its own, and keeps those of AireGlu and OAuth', () => {
    expect(say(connectionStates.AUTHORIZED.label)).toBe('Autorisiert')
    expect(say(definitionFields.display_name)).toBe('Anzeigename')
    expect(say(definitionFields.authentication)).toBe('Secret-Konfiguration')
    expect(say(definitionFields.access_token_url)).toBe('Access Token URL')
    expect(say(authentications.PrivateKeyJwtAuthentication)).toBe('Private Key JWT')
    expect(say(failureReasons.INVALID_CLIENT)).toBe('invalid_client')
  })

  test('counts none, one and two', () => {
    const beginning = 'Eine Token-Anfrage darf 10 Sek. dauern und wird '
    expect([0, 1, 2].map(repetition)).toEqual([
      `${beginning}nicht wiederholt`,
      `${beginning}einmal wiederholt`,
      `${beginning}bis zu 2-mal wiederholt`,
    ])
    expect([0, 1, 2].map(unlisted)).toEqual([null, 'und 1 weitere Stelle', 'und 2 weitere Stellen'])
  })

  test('is what the page is said to be in', () => {
    expect(document.documentElement.lang).toBe('de')
    expect(document.documentElement.dir).toBe('ltr')
  })
})

describe('American English', () => {
  beforeEach(() => activate('en-US'))

  test('says Authorized and Authorization', () => {
    expect(say(connectionStates.AUTHORIZED.label)).toBe('Authorized')
    expect(i18n._(generateMessageId('Authorisation'))).toBe('Authorization')
  })

  test('is British where nothing differs', () => {
    expect(say(definitionFields.authentication)).toBe('Secret Configuration')
    expect(repetition(1)).toBe('A token request may take 10 sec and is repeated once')
  })
})

test('British English is the source', () => {
  expect(say(connectionStates.AUTHORIZED.label)).toBe('Authorised')
  expect([0, 1, 2].map(repetition)).toEqual([
    'A token request may take 10 secs and is not repeated',
    'A token request may take 10 secs and is repeated once',
    'A token request may take 10 secs and is repeated up to 2 times',
  ])
})

test.each(['de', 'en-US', 'pseudo'] as const)(
  'a text that %s does not have yet is said in British English',
  async locale => {
    const unheard: MessageDescriptor = {
      id: 'nowhere',
      message: 'Not in any catalogue: {what}',
      values: { what: 'this' },
    }
    await activate(locale)
    expect(say(unheard)).toBe('Not in any catalogue: this')
  },
)

test('the pseudo-locale is written from right to left', async () => {
  await activate('pseudo')
  expect(document.documentElement.dir).toBe('rtl')
  expect(say(connectionStates.AUTHORIZED.label)).not.toBe('Authorised')
})

describe('which language is spoken', () => {
  afterEach(() => {
    localStorage.clear()
    vi.restoreAllMocks()
  })

  test.each([
    [['de-AT', 'en-US'], 'de'],
    [['en-US', 'de'], 'en-US'],
    [['en-AU'], 'en-GB'],
    [['fr', 'de'], 'de'],
    [['fr'], 'en-GB'],
    [[], 'en-GB'],
  ])('of a browser that wants %j', (wanted, spoken) => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(wanted)
    expect(preferredLocale()).toBe(spoken)
  })

  test('a choice is spoken and kept', async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en-GB'])
    await chooseLocale('de')
    expect(i18n.locale).toBe('de')
    expect(preferredLocale()).toBe('de')
  })

  test('the last of two choices is spoken, whichever catalogue comes first', async () => {
    await Promise.all([chooseLocale('de'), chooseLocale('en-GB')])
    expect(i18n.locale).toBe('en-GB')
    expect(document.documentElement.lang).toBe('en-GB')
  })

  test.each(['tlh', 'toString', ''])('%j is no choice', stored => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de'])
    localStorage.setItem('latchkey.locale', stored)
    expect(preferredLocale()).toBe('de')
  })
})
