// Applies the stored theme. Runs before the page is painted; see src/ui/theme.ts for the rest.
const stored = localStorage.getItem('latchkey.theme')
if (stored === 'light' || stored === 'dark') document.documentElement.dataset.theme = stored
