// A connection: its head, which stays, and its tabs.
import { Outlet, useParams } from '@tanstack/react-router'
import { Frame } from '@/features/connectionDetail/Frame'
import { OverviewTab } from '@/features/connectionDetail/OverviewTab'

export function ConnectionPage() {
  const { key } = useParams({ from: '/connections/$key' })
  return (
    <Frame key={key} connectionKey={key}>
      <Outlet />
    </Frame>
  )
}

export function ConnectionOverviewTab() {
  const { key } = useParams({ from: '/connections/$key' })
  return <OverviewTab connectionKey={key} />
}
