export function OverviewTab({ connectionKey }: { connectionKey: string }) {
  return <p>{connectionKey}</p>
}
