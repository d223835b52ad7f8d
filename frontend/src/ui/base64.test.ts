import { expect, test } from 'vitest'
import { base64Of, bytesOf } from './base64'

test('bytes come back, those that are no text and more than a function takes arguments', () => {
  const bytes = Uint8Array.from({ length: 300_001 }, (_, at) => at % 256)
  const back = bytesOf(base64Of(bytes))
  expect(back.length).toBe(bytes.length)
  expect(back.every((byte, at) => byte === bytes[at])).toBe(true)
})

test('it is the base64 of RFC 4648', () => {
  expect(base64Of(new Uint8Array([0xfb, 0xff, 0x66]))).toBe('+/9m')
  expect(base64Of(new Uint8Array([102]))).toBe('Zg==')
  expect(base64Of(new Uint8Array())).toBe('')
})
