// What the address of the page says about which failures are wanted, and what that is in the API's words.
import type { AuthFailureReason, AuthPhase } from '@/gen/enums'
import { failureReasons, phases } from '@/labels/failure'
import { KEY } from '@/ui/forms/keyOf'

/** As it stands in the address. */
export type FailureSearch = {
  connection?: string[] | undefined
  task?: string[] | undefined
  phase?: string[] | undefined
  reason?: string[] | undefined
}

/** `AuthFailureFilter` of the schema, as far as it is used here. */
export type FailureFilter = {
  connections?: string[]
  tasks?: string[]
  phases?: AuthPhase[]
  reasons?: AuthFailureReason[]
}

/** The filter that an address asks for. What can't be one is left out: an old link still shows something. */
export function filterOf({ connection, task, phase, reason }: FailureSearch): FailureFilter {
  const connections = connection?.filter(key => KEY.test(key)) ?? []
  const tasks = task?.filter(key => KEY.test(key)) ?? []
  const wantedPhases = phase?.filter((name): name is AuthPhase => Object.hasOwn(phases, name)) ?? []
  const reasons = reason?.filter((name): name is AuthFailureReason => Object.hasOwn(failureReasons, name)) ?? []
  return {
    ...(connections.length > 0 && { connections }),
    ...(tasks.length > 0 && { tasks }),
    ...(wantedPhases.length > 0 && { phases: wantedPhases }),
    ...(reasons.length > 0 && { reasons }),
  }
}

/** Whether it lets everything through. */
export function isEverything(filter: FailureFilter): boolean {
  return Object.keys(filter).length === 0
}
