import { expect, test } from 'vitest'
import { graphqlCommand, quote } from './command'

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
