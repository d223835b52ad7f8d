import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import { afterEach, expect, test } from 'vitest'
import { ApiError } from '@/api/request'
import { messageOf } from './messageOf'

const before = i18n.locale
afterEach(() => i18n.activate(before))

test('our own sentences are in the language of the page', () => {
  const offline = new ApiError('OFFLINE', '')
  expect(messageOf(offline)).toBe('The server did not answer.')
  i18n.load('de', { [msg`The server did not answer.`.id]: 'Der Server hat nicht geantwortet.' })
  i18n.activate('de')
  expect(messageOf(offline)).toBe('Der Server hat nicht geantwortet.')
})

test('what the server says is shown as it is', () => {
  expect(messageOf(new ApiError('BUSY', 'Try again.'))).toBe('Try again.')
})

test('a status without a word is still told', () => {
  expect(messageOf(new ApiError('HTTP_503', ''))).toBe('The server answered with the status 503.')
})

test('whatever else is thrown has a message', () => {
  expect(messageOf(new Error('x'))).toBe('x')
  expect(messageOf('y')).toBe('y')
})
