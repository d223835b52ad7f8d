// Dialogs and drawers on the browser's own <dialog>: it keeps the focus inside, gives it back, and closes on Escape.
//
// A library's dialog would write <style> elements to lock scrolling, which our Content-Security-Policy forbids.
import { Trans, useLingui } from '@lingui/react/macro'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Button, IconButton } from './Button'
import { classes } from './classes'
import { useShortcutBarrier } from './shortcuts'

type DialogProps = {
  title: ReactNode
  onClose: () => void
  /** `drawer`: at the end of the line, full height; the page stays visible beside it. */
  shape?: 'dialog' | 'drawer'
  /** Beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** A dialog that is open as long as it is rendered. */
export function Dialog({ title, onClose, shape = 'dialog', actions, children }: DialogProps) {
  const { t } = useLingui()
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  const pressedBeside = useRef(false)
  useShortcutBarrier()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    // React's own `autoFocus` comes too early: what is in a closed dialog can't be focused.
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is only on the ground beside it
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={event => {
        // A dialog within this one, and the browser's dialog of a file input, are cancelled by themselves.
        if (event.target !== ref.current) return
        event.preventDefault()
        onClose()
      }}
      // Whoever selects a text and lets go beside the dialog has clicked on it, too, but does not want to leave.
      onPointerDown={event => {
        pressedBeside.current = event.target === ref.current
      }}
      onClick={event => event.target === ref.current && pressedBeside.current && onClose()}
      className={classes(
        'bg-surface text-ink shadow-over',
        shape === 'drawer'
          ? 'slide-in ms-auto me-0 my-0 h-dvh max-h-dvh w-full max-w-[44rem] border-s border-line'
          : 'm-auto max-h-[90dvh] w-[calc(100%-2rem)] max-w-[36rem] rounded-lg border border-line',
      )}
    >
      <div className="flex min-h-full flex-col">
        <div className="sticky top-0 z-10 flex min-h-12 items-center gap-2 border-b border-line bg-surface px-4 py-2">
          <h2 id={id} className="min-w-0 flex-1 text-lg font-semibold break-words">
            {title}
          </h2>
          {actions}
          <IconButton label={t`Close`} onClick={onClose}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
        <div className="flex-1 p-4">{children}</div>
      </div>
    </dialog>
  )
}

type ConfirmProps = {
  title: ReactNode
  /** What will happen. */
  children: ReactNode
  /** The verb of what is to be confirmed. */
  verb: ReactNode
  pending?: boolean
  onConfirm: () => void
  onClose: () => void
}

/** Asks once more before something that can't be taken back. */
export function Confirm({ title, children, verb, pending, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <div>{children}</div>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button look="danger" pending={pending ?? false} onClick={onConfirm}>
            {verb}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
