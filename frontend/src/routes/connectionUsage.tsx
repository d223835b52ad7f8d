import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { UsageTab } from '@/features/connectionDetail/UsageTab'

export function ConnectionUsageTab() {
  const { key } = useParams({ from: '/connections/$key' })
  const { range } = useSearch({ from: '/connections/$key/usage' })
  const navigate = useNavigate({ from: '/connections/$key/usage' })
  return (
    <UsageTab
      connectionKey={key}
      range={range ?? '24h'}
      onRange={wanted => navigate({ search: { range: wanted }, replace: true })}
    />
  )
}
