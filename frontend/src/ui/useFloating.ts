// Keeps a popover at its anchor. A popover lies in the browser's top layer: no dialog and no scrolling box cuts it off.
import { type CSSProperties, type RefObject, useLayoutEffect, useState } from 'react'

const GAP_PX = 4
/** The height that a list may want; with less room below, and more above, it opens upwards. */
const WANTED_PX = 280

/** Shows `popover` below or above `anchor` as long as it is `open`, and returns where it lies. */
export function useFloating(
  anchor: RefObject<HTMLElement | null>,
  popover: RefObject<HTMLElement | null>,
  open: boolean,
): CSSProperties {
  const [style, setStyle] = useState<CSSProperties>({})
  useLayoutEffect(() => {
    const element = popover.current
    if (!open || !element) return
    const place = () => {
      const box = anchor.current?.getBoundingClientRect()
      if (!box) return
      const below = window.innerHeight - box.bottom - 2 * GAP_PX
      const above = box.top - 2 * GAP_PX
      const upwards = below < WANTED_PX && above > below
      setStyle({
        left: box.left,
        width: box.width,
        maxHeight: Math.min(WANTED_PX, upwards ? above : below),
        ...(upwards
          ? { top: 'auto', bottom: window.innerHeight - box.top + GAP_PX }
          : { top: box.bottom + GAP_PX, bottom: 'auto' }),
      })
    }
    place()
    element.showPopover()
    window.addEventListener('resize', place)
    window.addEventListener('scroll', place, true)
    return () => {
      window.removeEventListener('resize', place)
      window.removeEventListener('scroll', place, true)
      if (element.isConnected) element.hidePopover()
    }
  }, [anchor, popover, open])
  return style
}
