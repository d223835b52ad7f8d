import { fireEvent, render, screen } from '@testing-library/react'
import { useRef } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import { enableShortcuts, useRowKeys, useShortcutBarrier, useShortcuts } from './shortcuts'

const outer = vi.fn()
const inner = vi.fn()
const send = vi.fn()

function Keys({ nested }: { nested?: boolean }) {
  useShortcuts({ x: outer, 'g c': outer, 'Mod+Enter': send })
  return nested ? <Nested /> : <input aria-label="box" />
}

function Nested() {
  useShortcuts({ x: inner })
  return null
}

beforeEach(() => {
  outer.mockReset()
  inner.mockReset()
  send.mockReset()
  enableShortcuts(true)
})

test('a key does what it is for', () => {
  render(<Keys />)
  fireEvent.keyDown(document.body, { key: 'x' })
  expect(outer).toHaveBeenCalledTimes(1)
})

test('what appeared last is asked first, and what is below it comes back', () => {
  const { rerender } = render(<Keys />)
  rerender(<Keys nested />)
  fireEvent.keyDown(document.body, { key: 'x' })
  expect(inner).toHaveBeenCalledTimes(1)
  expect(outer).not.toHaveBeenCalled()
  rerender(<Keys />)
  fireEvent.keyDown(document.body, { key: 'x' })
  expect(inner).toHaveBeenCalledTimes(1)
  expect(outer).toHaveBeenCalledTimes(1)
})

test('two keys after each other are one shortcut, in time', () => {
  render(<Keys />)
  fireEvent.keyDown(document.body, { key: 'c' })
  expect(outer).not.toHaveBeenCalled()
  fireEvent.keyDown(document.body, { key: 'g' })
  fireEvent.keyDown(document.body, { key: 'c' })
  expect(outer).toHaveBeenCalledTimes(1)
})

test('single keys are letters while somebody types, and Ctrl or ⌘ with a key is not', () => {
  render(<Keys />)
  const box = screen.getByRole('textbox', { name: 'box' })
  fireEvent.keyDown(box, { key: 'x' })
  expect(outer).not.toHaveBeenCalled()
  fireEvent.keyDown(box, { key: 'Enter', metaKey: true })
  fireEvent.keyDown(box, { key: 'Enter', ctrlKey: true })
  expect(send).toHaveBeenCalledTimes(2)
})

test('single keys can be switched off', () => {
  enableShortcuts(false)
  render(<Keys />)
  fireEvent.keyDown(document.body, { key: 'x' })
  expect(outer).not.toHaveBeenCalled()
})

function Rows() {
  const ref = useRef<HTMLUListElement>(null)
  useRowKeys(ref)
  return (
    <ul ref={ref}>
      {['one', 'two'].map(name => (
        <li key={name} data-row>
          <button type="button">Before</button>
          <button type="button" data-row-handle>
            {name}
          </button>
        </li>
      ))}
    </ul>
  )
}

test('j and k walk the rows and stop at the ends', () => {
  Element.prototype.scrollIntoView ??= () => {}
  render(<Rows />)
  const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key })
  press('j')
  expect(document.activeElement?.textContent).toBe('one')
  press('j')
  press('j')
  expect(document.activeElement?.textContent).toBe('two')
  press('k')
  expect(document.activeElement?.textContent).toBe('one')
})

function Barrier() {
  useShortcutBarrier()
  return <Nested />
}

function Drawer() {
  const close = useRef(outer)
  useShortcuts({ ']': close.current })
  return <Barrier />
}

test('behind a barrier nothing is heard, and what comes with it or around it is', () => {
  const { rerender } = render(<Keys />)
  rerender(
    <>
      <Keys />
      <Drawer />
    </>,
  )
  fireEvent.keyDown(document.body, { key: 'Enter', ctrlKey: true })
  fireEvent.keyDown(document.body, { key: 'g' })
  fireEvent.keyDown(document.body, { key: 'c' })
  expect(send).not.toHaveBeenCalled()
  expect(outer).not.toHaveBeenCalled()
  fireEvent.keyDown(document.body, { key: 'x' })
  expect(inner).toHaveBeenCalledTimes(1)
  fireEvent.keyDown(document.body, { key: ']' })
  expect(outer).toHaveBeenCalledTimes(1)
  rerender(<Keys />)
  fireEvent.keyDown(document.body, { key: 'Enter', ctrlKey: true })
  expect(send).toHaveBeenCalledTimes(1)
})

test('brackets that are written with AltGr or Option are keys, and letters with Alt are not', () => {
  render(<Drawer />)
  fireEvent.keyDown(document.body, { key: ']', altKey: true, ctrlKey: true })
  fireEvent.keyDown(document.body, { key: ']', altKey: true })
  expect(outer).toHaveBeenCalledTimes(2)
  fireEvent.keyDown(document.body, { key: 'x', altKey: true })
  expect(inner).not.toHaveBeenCalled()
})

function MixedRows() {
  const ref = useRef<HTMLUListElement>(null)
  useRowKeys(ref)
  return (
    <ul ref={ref}>
      <li data-row>only read</li>
      <li data-row>
        <a href="#one">one</a>
      </li>
      <li data-row>only read</li>
      <li data-row>
        <a href="#two">two</a>
      </li>
    </ul>
  )
}

test('rows that hold nothing to go to are passed over', () => {
  Element.prototype.scrollIntoView ??= () => {}
  render(<MixedRows />)
  const press = (key: string) => fireEvent.keyDown(document.body, { key })
  press('j')
  expect(document.activeElement?.textContent).toBe('one')
  press('j')
  expect(document.activeElement?.textContent).toBe('two')
  press('k')
  expect(document.activeElement?.textContent).toBe('one')
})
