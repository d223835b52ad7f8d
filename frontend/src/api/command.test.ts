import { expect, test } from 'vitest'
import { exampleUrl, executeCommand, graphqlCommand, quote } from './command'

test('a plain word needs no quotes', () => {
  expect(quote('https://api.example.com/v1/orders')).toBe('https://api.example.com/v1/orders')
})

test('what means something to a shell is quoted', () => {
  expect(quote('https://a.example/?x=$HOME&y=`id`')).toBe("'https://a.example/?x=$HOME&y=`id`'")
})

test('a quote can not end the quotes', () => {
  expect(quote("it's; rm -rf ~")).toBe(`'it'\\''s; rm -rf ~'`)
})

test('a command names the token as a variable of the shell', () => {
  const command = graphqlCommand('query {\n  viewer { permissions }\n}')
  expect(command).toContain('"Authorization: Bearer $TOKEN"')
  expect(command).toContain(`--data '{"query":"query { viewer { permissions } }"}'`)
})

const accessTokenUrl = 'https://issuer.example/token'

test('the base URL is where requests go', () => {
  expect(exampleUrl({ baseUrl: 'https://api.example/v1', allowedHosts: ['other.example'], accessTokenUrl })).toBe(
    'https://api.example/v1',
  )
})

test('a pattern stands for one of its hosts', () => {
  expect(exampleUrl({ baseUrl: null, allowedHosts: ['*.example.com'], accessTokenUrl })).toBe(
    'https://api.example.com/',
  )
})

test('a host that issues tokens by http is called by http', () => {
  const local = 'http://127.0.0.1:4010/token'
  expect(exampleUrl({ allowedHosts: ['127.0.0.1:4010'], accessTokenUrl: local })).toBe('http://127.0.0.1:4010/')
})

test('where a token may go nowhere there is no example', () => {
  expect(exampleUrl({ baseUrl: null, allowedHosts: [], accessTokenUrl })).toBeNull()
})

test('the command sends what the console would send', () => {
  const body = /--data '(.*)'$/s.exec(executeCommand({ key: 'crm', url: 'https://api.example/v1' }))?.[1] ?? ''
  expect(JSON.parse(body).variables).toEqual({
    input: { url: 'https://api.example/v1', authorization: { clientConnection: { key: 'crm' } } },
  })
})
