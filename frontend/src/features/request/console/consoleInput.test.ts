import { describe, expect, it } from 'vitest'
import type { ExchangeDetailsFragment } from '@/gen/graphql'
import { emptyConsole, executeInput, newIdempotencyKey, valuesOfExchange } from './consoleInput'

describe('the console', () => {
  it('sends an idempotency key only when there is one', () => {
    const values = { ...emptyConsole(), url: 'https://a.example' }
    expect(executeInput(values).idempotencyKey).toBeNull()
    expect(executeInput({ ...values, idempotencyKey: ' k ' }).idempotencyKey).toBe('k')
    expect(newIdempotencyKey()).toMatch(/^[0-9a-f]{32}$/)
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })

  it('is filled with what the record has of a request', () => {
    const exchange: Pick<ExchangeDetailsFragment, 'request' | 'connectionKey'> = {
      connectionKey: 'orders',
      request: {
        method: 'PATCH',
        url: 'https://api.example.com/orders',
        headers: [{ name: 'x-tenant', value: null }],
        bodySize: 12,
      },
    }
    expect(valuesOfExchange(exchange as ExchangeDetailsFragment)).toMatchObject({
      method: 'PATCH',
      url: 'https://api.example.com/orders',
      query: [],
      headers: [{ name: 'x-tenant', value: '' }],
      body: { kind: 'none' },
      authorization: { type: 'CLIENT_CONNECTION', key: 'orders', forceNewToken: false },
    })
    const open = { ...exchange, connectionKey: null } as ExchangeDetailsFragment
    expect(valuesOfExchange(open).authorization).toMatchObject({ type: 'NONE', key: null })
  })
})
