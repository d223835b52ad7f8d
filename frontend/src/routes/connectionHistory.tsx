import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { HistoryTab } from '@/features/connectionDetail/HistoryTab'

export function ConnectionHistoryTab() {
  const { key } = useParams({ from: '/connections/$key' })
  const { from, to } = useSearch({ from: '/connections/$key/history' })
  const navigate = useNavigate({ from: '/connections/$key/history' })
  return (
    <HistoryTab
      connectionKey={key}
      compared={{ from: from ?? null, to: to ?? null }}
      onCompare={wanted =>
        navigate({
          search: { ...(wanted.from !== null && { from: wanted.from }), ...(wanted.to !== null && { to: wanted.to }) },
          replace: true,
          resetScroll: false,
        })
      }
    />
  )
}
