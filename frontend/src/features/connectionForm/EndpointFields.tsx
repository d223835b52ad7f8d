// The Access Token URL: typed in, or published by the issuer.
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useWatch } from 'react-hook-form'
import { request } from '@/api/request'
import { useMissing } from '@/api/viewer'
import { DiscoverIssuerDocument } from '@/gen/graphql'
import { Button } from '@/ui/Button'
import { messageOf } from '@/ui/messageOf'
import { Segmented } from '@/ui/Segmented'
import { Discovered } from './Discovered'
import { TextField, useValues } from './FormField'

/** One or the other. What was typed into the other one is kept. */
export function EndpointFields() {
  const { t } = useLingui()
  const { setValue, control } = useValues()
  const endpoint = useWatch({ control, name: 'endpoint' })
  return (
    <div className="flex flex-col gap-3">
      <div>
        <Segmented
          label={t`Where tokens come from`}
          value={endpoint}
          onChange={chosen => setValue('endpoint', chosen, { shouldDirty: true })}
          options={[
            { value: 'url', label: t`Access Token URL` },
            { value: 'issuer', label: t`Issuer` },
          ]}
        />
      </div>
      {endpoint === 'url' ? (
        <TextField
          name="accessTokenUrl"
          label={<Trans>Access Token URL</Trans>}
          placeholder="https://"
          inputMode="url"
          mono
          required
        />
      ) : (
        <IssuerField />
      )}
    </div>
  )
}

function IssuerField() {
  const { getValues, setValue, setError, clearErrors, trigger } = useValues()
  const missing = useMissing('test:Connection')
  const discovery = useMutation({
    mutationFn: async (issuer: string) => (await request(DiscoverIssuerDocument, { issuer })).discoverIssuer,
    onSuccess: found => {
      const [refused] = found?.userErrors ?? []
      if (refused) setError('issuer', { type: refused.code, message: refused.message })
      const url = found?.metadata?.tokenEndpoint
      if (url) setValue('accessTokenUrl', url)
    },
    onError: error => setError('issuer', { type: 'FAILED', message: messageOf(error) }),
  })
  const discover = async () => {
    clearErrors('issuer')
    if (await trigger('issuer')) discovery.mutate(getValues('issuer').trim())
  }
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-2">
        <TextField
          name="issuer"
          label={<Trans>Issuer</Trans>}
          hint={<Trans>Letter for letter as the issuer names itself. What it publishes is read and kept.</Trans>}
          placeholder="https://"
          inputMode="url"
          mono
          required
        />
        <Button
          className="mt-6.5 self-start"
          icon={<Search aria-hidden className="size-4" />}
          pending={discovery.isPending}
          missing={missing}
          onClick={discover}
        >
          <Trans>Discover</Trans>
        </Button>
      </div>
      {discovery.data?.metadata && <Discovered metadata={discovery.data.metadata} />}
    </>
  )
}
