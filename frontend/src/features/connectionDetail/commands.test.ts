import { expect, test } from 'vitest'
import { exampleUrl, executeCommand } from './commands'

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
