import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef } from 'react'
import { describe, expect, it } from 'vitest'
import { TestLanguage } from '@/testing/TestLanguage'
import { SecretSource, type SecretSourceHandle } from './SecretSource'
import { FILE_BYTES_MAX, type SecretForm, sourceErrors } from './secretValue'

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n'

function show(props: { errors?: Record<string, string>; forms?: SecretForm[] } = {}) {
  const ref = createRef<SecretSourceHandle>()
  const view = render(<SecretSource ref={ref} {...props} />, { wrapper: TestLanguage })
  const handle = () => {
    if (!ref.current) throw new Error('not rendered')
    return ref.current
  }
  return { ...view, read: () => act(() => handle().read()), clear: () => act(() => handle().clear()) }
}

describe('SecretSource', () => {
  it('gives the line as it was typed, spaces included', async () => {
    const { read } = show()
    await userEvent.type(screen.getByLabelText('Value'), ' s3cret ')
    expect(await read()).toEqual({ value: ' s3cret ' })
  })

  it('holds the value in the input alone, and not after it was cleared', async () => {
    const { read, clear, container } = show()
    await userEvent.type(screen.getByLabelText('Value'), 's3cret')
    expect(container.innerHTML).not.toContain('s3cret')
    clear()
    expect(await read()).toEqual({ value: '' })
  })

  it('keeps the lines of a key that is pasted where one line was expected', async () => {
    const { read } = show()
    await userEvent.click(screen.getByLabelText('Value'))
    await userEvent.paste(PEM)
    expect(screen.getByRole<HTMLInputElement>('radio', { name: 'PEM or JWK' }).checked).toBe(true)
    expect(await read()).toEqual({ value: PEM })
  })

  it('takes a pasted line with its line end as one line', async () => {
    show()
    await userEvent.click(screen.getByLabelText('Value'))
    await userEvent.paste('s3cret\n')
    expect(screen.getByRole<HTMLInputElement>('radio', { name: 'One line' }).checked).toBe(true)
  })

  it('gives a file in base64, with its password', async () => {
    const { read } = show({ forms: ['pkcs12'] })
    const bytes = new Uint8Array([0, 255, 16, 128])
    fireEvent.change(screen.getByLabelText('File'), { target: { files: [new File([bytes], 'client.p12')] } })
    await userEvent.type(screen.getByLabelText(/Password of the file/), 'opens')
    expect(await read()).toEqual({ pkcs12: { content: 'AP8QgA==', password: 'opens' } })
  })

  it('gives no password when there is none', async () => {
    const { read } = show({ forms: ['pkcs12'] })
    fireEvent.change(screen.getByLabelText('File'), { target: { files: [new File(['x'], 'client.p12')] } })
    expect(await read()).toEqual({ pkcs12: { content: 'eA==' } })
  })

  it('says that a file is missing or too large, and gives nothing', async () => {
    const { read } = show({ forms: ['pkcs12'] })
    expect(await read()).toBeNull()
    expect(screen.getByText('Choose a file.')).toBeTruthy()
    const large = new File([new Uint8Array(FILE_BYTES_MAX + 1)], 'client.p12')
    fireEvent.change(screen.getByLabelText('File'), { target: { files: [large] } })
    expect(await read()).toBeNull()
    await waitFor(() => expect(screen.getByText('The file is too large for a certificate.')).toBeTruthy())
  })

  it('shows what the server says at the field that it is about', () => {
    show({ errors: { value: 'ends with a space or line end; remove it' } })
    const value = screen.getByLabelText('Value')
    expect(value.getAttribute('aria-invalid')).toBe('true')
    const described = document.getElementById(value.getAttribute('aria-describedby') ?? '')
    expect(described?.textContent).toBe('ends with a space or line end; remove it')
  })
})

describe('sourceErrors', () => {
  it('takes those below the source and leaves the others', () => {
    const taken = { message: 'this Key is taken', path: ['key'] }
    const { atSource, others } = sourceErrors([
      { message: 'must not be empty', path: ['source', 'value'] },
      { message: 'does not open the file', path: ['input', 'source', 'pkcs12', 'password'] },
      taken,
    ])
    expect(atSource).toEqual({ value: 'must not be empty', 'pkcs12.password': 'does not open the file' })
    expect(others).toEqual([taken])
  })

  it('puts an error of the whole source at its value', () => {
    expect(sourceErrors([{ message: 'no certificate', path: ['source'] }]).atSource).toEqual({
      value: 'no certificate',
    })
  })
})
