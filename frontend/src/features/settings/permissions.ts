/** What may be done with one kind of object. */
export type PermissionGroup = { object: string; actions: string[] }

/** Permissions such as `list:Connection`, by their object, both in the order in which they come. */
export function groupPermissions(permissions: readonly string[]): PermissionGroup[] {
  const groups = new Map<string, string[]>()
  for (const permission of permissions) {
    const [action = permission, object = ''] = permission.split(':')
    groups.set(object, [...(groups.get(object) ?? []), action])
  }
  return [...groups].map(([object, actions]) => ({ object, actions }))
}
