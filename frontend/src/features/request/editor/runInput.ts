// From the form of a run to the input of `runHttpRequestTask`, and from the API's complaints back to its fields.
import type { EditedTaskFragment, RunHttpRequestTaskInput } from '@/gen/graphql'
import { typed } from '../form/input'
import type { Override } from '../form/values'
import { findVariables } from '../form/variables'
import { readJson } from '../json'
import { taskValues } from './taskInput'

/** A variable and what it is filled with, as typed. `json`: the text is read as a JSON value. */
export type VariableValue = { name: string; value: string; json: boolean }

/** A run as its form holds it. */
export type RunValues = { variables: VariableValue[]; parameterOverrides: Override[] }

/** A value that is no JSON though it is meant to be. */
export type RunProblem = { field: `variables.${number}.value`; detail: string }

/** The form of a run: one empty field for each variable of the stored task. */
export function emptyRun(task: EditedTaskFragment): RunValues {
  const found = findVariables(taskValues(task))
  const known = task.request?.variables ?? []
  // The server also knows those that stand in masked values.
  const names = new Set([...found.map(({ name }) => name).filter(name => known.includes(name)), ...known])
  const isAlone = (name: string) => found.some(variable => variable.name === name && variable.standsAlone)
  return {
    variables: [...names].map(name => ({ name, value: '', json: isAlone(name) })),
    parameterOverrides: [],
  }
}

/** Which values are not what they are meant to be. */
export function runProblems({ variables }: RunValues): RunProblem[] {
  return variables.flatMap(({ value, json }, index) => {
    const read = json ? readJson(value) : null
    return read && !read.ok ? [{ field: `variables.${index}.value` as const, detail: read.detail }] : []
  })
}

/** The input of a form without problems. */
export function runInput(key: string, { variables, parameterOverrides }: RunValues): RunHttpRequestTaskInput {
  const values = variables.map(({ name, value, json }) => {
    const read = json ? readJson(value) : null
    return [name, read?.ok ? read.value : value]
  })
  const overrides = typed(parameterOverrides)
  return {
    key,
    variables: Object.fromEntries(values),
    ...(overrides.length > 0 && { parameterOverrides: overrides }),
  }
}

/** The field of the form that a path of the API means; null for what belongs to none. */
export function runFieldOf(path: string, { variables, parameterOverrides }: RunValues): string | null {
  const [list, which = '', ...rest] = path.split('.')
  if (list === 'variables') {
    const index = variables.findIndex(({ name }) => name === which)
    return index === -1 ? null : `variables.${index}.value`
  }
  if (list !== 'parameterOverrides') return null
  if (which === '') return list
  const sent = parameterOverrides.flatMap((row, at) => (typed([row]).length > 0 ? [at] : []))
  return [list, sent[Number(which)] ?? which, ...rest].join('.')
}
