// A filter box whose text is kept in the page's address.
import { Search } from 'lucide-react'
import { type Ref, useEffect, useRef, useState } from 'react'
import { TextInput } from './forms/inputs'

const TYPING_MS = 200

type QueryBoxProps = {
  label: string
  placeholder: string
  value: string
  onChange: (value: string) => void
  ref: Ref<HTMLInputElement>
}

/** Waits for a pause in typing before it says anything. Escape clears it, and then leaves it. */
export function QueryBox({ label, placeholder, value, onChange, ref }: QueryBoxProps) {
  const [typed, setTyped] = useState(value)
  const said = useRef(value)
  const change = useRef(onChange)
  change.current = onChange
  // Going back, and "Clear", change the address without the box.
  useEffect(() => {
    if (value === said.current) return
    said.current = value
    setTyped(value)
  }, [value])
  useEffect(() => {
    if (typed === said.current) return
    const timer = setTimeout(() => {
      said.current = typed
      change.current(typed)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <div className="relative w-full sm:w-72">
      <Search aria-hidden className="absolute start-2.5 top-2 size-4 text-muted" />
      <TextInput
        type="search"
        aria-label={label}
        placeholder={placeholder}
        ref={ref}
        value={typed}
        onChange={event => setTyped(event.target.value)}
        onKeyDown={event => {
          if (event.key !== 'Escape') return
          if (typed === '') event.currentTarget.blur()
          else setTyped('')
        }}
        className="ps-8"
      />
    </div>
  )
}
