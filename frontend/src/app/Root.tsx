// The outermost part: signs in where nobody is signed in, and else puts the page into the shell.
import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queryClient } from '@/api/queryClient'
import { ApiError, onSignedOut } from '@/api/request'
import { forgetSession } from '@/api/session'
import { viewerQuery } from '@/api/viewer'
import { setVoice } from '@/ui/announce'
import { Failed } from '@/ui/States'
import { Shell } from './Shell'
import { SignIn } from './SignIn'

export function Root() {
  const viewer = useQuery(viewerQuery)
  useEffect(
    () =>
      onSignedOut(() => {
        // The viewer's own request is refused before anybody has signed in: nothing is to be forgotten then.
        if (queryClient.getQueryData(viewerQuery.queryKey)) void forgetSession()
      }),
    [],
  )
  const isSignedOut = viewer.error instanceof ApiError && viewer.error.code === 'UNAUTHENTICATED'
  return (
    <>
      {/* The one polite voice: see ui/announce. */}
      <div ref={setVoice} role="status" className="sr-only" />
      {isSignedOut ? (
        <SignIn />
      ) : viewer.data ? (
        <Shell>
          <Outlet />
        </Shell>
      ) : (
        viewer.error && <Failed error={viewer.error} retry={() => viewer.refetch()} />
      )}
    </>
  )
}
