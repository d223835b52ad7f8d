import { describe, expect, test } from 'vitest'
import type { ConnectionFormFragment } from '@/gen/graphql'
import { keyOf } from '@/ui/forms/keyOf'
import { fieldOf } from './fields'
import { changedInput, createInput } from './input'
import { merge } from './merge'
import { type ConnectionValues, EMPTY, valuesOf } from './values'

const typed: ConnectionValues = {
  ...EMPTY,
  key: 'billing',
  displayName: ' Billing ',
  clientId: 'client',
  accessTokenUrl: 'https://issuer.example/token',
  authentication: { ...EMPTY.authentication, secret: 'billing-secret' },
}

const saved: ConnectionFormFragment = {
  key: 'billing',
  version: 3,
  displayName: 'Billing',
  description: null,
  labels: ['finance', 'eu'],
  enabled: true,
  clientId: 'client',
  accessTokenUrl: 'https://issuer.example/token',
  issuer: 'https://issuer.example',
  authentication: {
    __typename: 'PrivateKeyJwtAuthentication',
    secretKey: 'signing-key',
    keyId: null,
    keyFormat: 'AUTO',
    signingAlgorithm: 'ES256',
    audience: 'https://issuer.example/aud',
    audienceSource: 'AUTOMATIC',
    lifetime: 'PT60S',
    x5t: false,
    x5tS256: true,
  },
  parameters: [{ name: 'scope', value: 'read', placement: 'BODY' }],
  tokenPolicy: {
    cache: true,
    refreshSkew: 'PT60S',
    maxRetries: 2,
    requestTimeout: 'PT1.5S',
    expiredStatusCodes: [401],
    defaultLifetime: null,
  },
  allowedHosts: ['api.example.com', '*.eu.example.com'],
  baseUrl: null,
  dpop: null,
  responseMapping: null,
  metadataChange: null,
  updatedAt: '2026-11-23T08:00:00Z',
  updatedBy: { id: '1', display: 'Ann' },
}
const before = valuesOf(saved)

describe('the input of a new connection', () => {
  test('holds what was typed, and nothing that is empty', () => {
    expect(createInput(typed)).toEqual({
      key: 'billing',
      displayName: 'Billing',
      clientId: 'client',
      accessTokenUrl: 'https://issuer.example/token',
      authentication: {
        clientSecret: {
          secret: 'billing-secret',
          placement: 'BASIC_HEADER',
          formEncode: true,
          clientIdInBody: false,
        },
      },
    })
  })

  test('holds the issuer or the Access Token URL, never both', () => {
    const input = createInput({ ...typed, endpoint: 'issuer', issuer: 'https://issuer.example' })
    expect(input.issuer).toBe('https://issuer.example')
    expect(input).not.toHaveProperty('accessTokenUrl')
  })

  test('holds what is needed even when it is empty, so that its absence is complained of', () => {
    expect(createInput(EMPTY)).toMatchObject({ key: '', displayName: '', clientId: '', accessTokenUrl: '' })
  })

  test('leaves rows of parameters out that say nothing', () => {
    const parameters = [
      { name: '', value: '', placement: 'BODY' as const },
      { name: ' audience ', value: ' api ', placement: 'QUERY' as const },
    ]
    expect(createInput({ ...typed, parameters }).parameters).toEqual([
      { name: 'audience', value: ' api ', placement: 'QUERY' },
    ])
  })

  test('holds of the token policy only what is not the default', () => {
    const tokenPolicy = { ...EMPTY.tokenPolicy, cache: false, requestTimeout: '2,5', expiredStatusCodes: '401, 403' }
    expect(createInput({ ...typed, tokenPolicy }).tokenPolicy).toEqual({
      cache: false,
      requestTimeout: 'PT2.5S',
      expiredStatusCodes: [401, 403],
    })
  })

  test('has a response mapping as soon as one part of it is given', () => {
    const responseMapping = { ...EMPTY.responseMapping, accessToken: '/data/token' }
    expect(createInput({ ...typed, responseMapping }).responseMapping).toEqual({
      accessToken: '/data/token',
      expiresIn: null,
      expiresInUnit: 'SECONDS',
      tokenType: null,
      scope: null,
    })
  })

  test.each([
    [
      'clientSecretJwt',
      { secret: 's', signingAlgorithm: 'HS512', audience: 'aud', audienceSource: 'AUTOMATIC', lifetime: 'PT60S' },
    ],
    ['tlsClientAuth', { secret: 's', selfSigned: true }],
    ['none', true],
  ] as const)('writes %s as its own field', (kind, expected) => {
    const authentication = {
      ...EMPTY.authentication,
      kind,
      secret: 's',
      hmacAlgorithm: 'HS512' as const,
      audienceSource: 'TYPED' as const,
      audience: 'aud',
      selfSigned: true,
    }
    expect(createInput({ ...typed, authentication }).authentication).toEqual({ [kind]: expected })
  })
})

describe('the change of a saved connection', () => {
  test('is empty when nothing was changed', () => {
    expect(changedInput(before, valuesOf(saved))).toEqual({})
  })

  test('holds the changed fields alone', () => {
    expect(changedInput(before, { ...before, displayName: 'Bills', description: 'Ours' })).toEqual({
      displayName: 'Bills',
      description: 'Ours',
    })
  })

  test('never repeats an unchanged Access Token URL: the connection would forget its issuer', () => {
    expect(changedInput(before, { ...before, clientId: 'other' })).toEqual({ clientId: 'other' })
  })

  test('forgets the issuer and keeps the URL, when that is wanted', () => {
    expect(changedInput(before, { ...before, endpoint: 'url' })).toEqual({ issuer: null })
  })

  test('gives the other URL when it was typed in', () => {
    const now: ConnectionValues = { ...before, endpoint: 'url', accessTokenUrl: 'https://other.example/token' }
    expect(changedInput(before, now)).toEqual({ accessTokenUrl: 'https://other.example/token' })
  })

  test('clears what was emptied', () => {
    const now = { ...before, labels: '', allowedHosts: '', parameters: [] }
    expect(changedInput(before, now)).toEqual({ labels: [], allowedHosts: [], parameters: [] })
  })

  test('holds of the token policy what was changed, with null for the default', () => {
    const tokenPolicy = { ...before.tokenPolicy, maxRetries: '', refreshSkew: '30' }
    expect(changedInput(before, { ...before, tokenPolicy })).toEqual({
      tokenPolicy: { maxRetries: null, refreshSkew: 'PT30S' },
    })
  })

  test('writes Secret Configuration whole when any of it was changed', () => {
    const authentication = { ...before.authentication, audienceSource: 'ISSUER' as const }
    expect(changedInput(before, { ...before, authentication })).toEqual({
      authentication: {
        privateKeyJwt: {
          secret: 'signing-key',
          keyId: null,
          keyFormat: 'AUTO',
          signingAlgorithm: 'ES256',
          audience: null,
          audienceSource: 'ISSUER',
          lifetime: 'PT60S',
          x5t: false,
          x5tS256: true,
        },
      },
    })
  })
})

describe('the field of a path', () => {
  const values = valuesOf(saved)
  test.each([
    ['input.displayName', 'displayName'],
    ['draft.clientId', 'clientId'],
    ['allowedHosts.1', 'allowedHosts'],
    ['labels.0', 'labels'],
    ['authentication', 'authentication.secret'],
    ['authentication.secret', 'authentication.secret'],
    ['authentication.privateKeyJwt.signingAlgorithm', 'authentication.signingAlgorithm'],
    ['authentication.privateKeyJwt.lifetime', 'authentication.lifetime'],
    ['tokenPolicy.requestTimeout', 'tokenPolicy.requestTimeout'],
    ['tokenPolicy.expiredStatusCodes.0', 'tokenPolicy.expiredStatusCodes'],
    ['responseMapping.accessToken', 'responseMapping.accessToken'],
    ['parameters', 'parameters'],
    ['parameters.0.name', 'parameters.0.name'],
    ['accessTokenUrl', 'issuer'],
    ['expectedVersion', null],
    ['testFirst', null],
    ['enabled', null],
  ])('%s is %s', (path, field) => {
    expect(fieldOf(path, values)).toBe(field)
  })

  test('counts only the rows of parameters that were sent', () => {
    const empty = { name: '', value: '', placement: 'BODY' as const }
    expect(fieldOf('parameters.0.value', { ...values, parameters: [empty, ...values.parameters] })).toBe(
      'parameters.1.value',
    )
  })

  test('is of the kind of Secret Configuration that is chosen', () => {
    const of = (kind: ConnectionValues['authentication']['kind']): ConnectionValues => ({
      ...values,
      endpoint: 'url',
      authentication: { ...values.authentication, kind },
    })
    expect(fieldOf('authentication.clientSecretJwt.signingAlgorithm', of('clientSecretJwt'))).toBe(
      'authentication.hmacAlgorithm',
    )
    expect(fieldOf('authentication', of('none'))).toBe('clientId')
    expect(fieldOf('accessTokenUrl', of('none'))).toBe('accessTokenUrl')
  })
})

describe('two changes of one connection', () => {
  const theirs = { ...before, displayName: 'Theirs', tokenPolicy: { ...before.tokenPolicy, maxRetries: '5' } }

  test('go together when they are about different fields', () => {
    const mine = { ...before, clientId: 'mine' }
    expect(merge(before, mine, theirs)).toEqual({
      values: { ...theirs, clientId: 'mine' },
      conflicts: [],
      taken: ['displayName', 'tokenPolicy.maxRetries'],
    })
  })

  test('are a conflict where both changed the same field, and mine stays until I say otherwise', () => {
    const mine = { ...before, displayName: 'Mine' }
    const { values, conflicts } = merge(before, mine, theirs)
    expect(conflicts).toEqual([{ path: 'displayName', mine: 'Mine', theirs: 'Theirs' }])
    expect(values.displayName).toBe('Mine')
  })

  test('are none where both came to the same', () => {
    expect(merge(before, theirs, theirs)).toEqual({ values: theirs, conflicts: [], taken: [] })
  })

  test('compare parameters as a whole', () => {
    const parameters = [...before.parameters, { name: 'a', value: 'b', placement: 'BODY' as const }]
    expect(merge(before, before, { ...before, parameters }).values.parameters).toEqual(parameters)
  })
})

test('Keys are made of names', () => {
  expect(['Größe (EU)', ' 2nd Billing API ', '北京', 'Café – Über', `${'a'.repeat(62)} b`].map(keyOf)).toEqual([
    'grosse-eu',
    'nd-billing-api',
    '',
    'cafe-uber',
    'a'.repeat(62),
  ])
})
