// How the pages look and which language they speak. Both are kept in this browser.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { chooseLocale, LANGUAGES, type Locale } from '@/i18n/locale'
import { Field } from '@/ui/forms/Field'
import { Select } from '@/ui/forms/inputs'
import { useMessageOf } from '@/ui/messageOf'
import { Panel } from '@/ui/Page'
import { Segmented } from '@/ui/Segmented'
import { chooseTheme, useTheme } from '@/ui/theme'

/** Theme and language. */
export function Appearance() {
  const { t, i18n } = useLingui()
  const messageOf = useMessageOf()
  const theme = useTheme()
  // The catalogue of a language is loaded when it is chosen.
  const speak = useMutation({ mutationFn: chooseLocale })
  return (
    <Panel title={<Trans>Appearance</Trans>}>
      <div className="flex flex-col gap-5">
        <div className="flex flex-col items-start gap-1">
          <span aria-hidden className="font-medium">
            <Trans>Theme</Trans>
          </span>
          <Segmented
            label={t`Theme`}
            value={theme}
            onChange={chooseTheme}
            options={[
              { value: 'system', label: t`Same as the system` },
              { value: 'light', label: t`Light` },
              { value: 'dark', label: t`Dark` },
            ]}
          />
        </div>
        <div className="max-w-72">
          <Field label={<Trans>Language</Trans>} error={speak.error ? messageOf(speak.error) : undefined} required>
            {control => (
              <Select {...control} value={i18n.locale} onChange={event => speak.mutate(event.target.value as Locale)}>
                {Object.entries(LANGUAGES).map(([locale, name]) => (
                  <option key={locale} value={locale} lang={locale}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
      </div>
    </Panel>
  )
}
