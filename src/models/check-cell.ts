import type { Cell, CellOptions } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { Engine } from '../tensor/index.js'
import { cellChecks } from './cell-checks.js'
import type { CellSubject } from './cell-subject.js'

/** The name of one of the checks of `checkCell`. */
export type CellCheckName = keyof typeof cellChecks

/** What one check found. */
export interface CellCheck {
  readonly check: CellCheckName
  readonly passed: boolean
  /** What was compared and how well it agreed, or what is wrong. */
  readonly detail: string
}

/** How a cell is to be checked. */
export interface CheckCellOptions extends Pick<CellOptions, 'bias' | 'initialization' | 'projection'> {
  /** Where all but the gradients are checked, for example in single precision; the double-precision engine by default. */
  engine?: Engine
  /** Some of the checks; all by default. */
  only?: readonly CellCheckName[]
  /** 9 by default. The gradients are checked with 3 inputs and 5 units, as every weight has to be nudged. */
  inputSize?: number
  /** 13 by default. */
  hiddenSize?: number
}

/** The names of all checks, in the order in which they run. */
export const cellCheckNames = Object.keys(cellChecks) as readonly CellCheckName[]

/** What `checkCell` found: every check with its outcome. */
export class CellReport {
  constructor(
    /** The name of the cell. */
    readonly cell: string,
    readonly checks: readonly CellCheck[],
  ) {}

  /** Whether all checks passed. */
  get passed(): boolean {
    return this.checks.every(({ passed }) => passed)
  }

  /** Throws a `UsageError` with the whole report unless all checks passed. */
  assert(): void {
    if (!this.passed) throw new UsageError(this.toString())
  }

  /** The report in lines to be read, one for each check. */
  toString(): string {
    const right = this.checks.filter(({ passed }) => passed).length
    const width = Math.max(...cellCheckNames.map(({ length }) => length))
    const lines = this.checks.map(
      ({ check, passed, detail }) => `  ${passed ? '✓' : '✗'} ${check.padEnd(width)}  ${detail}`,
    )
    return [`${this.cell}: ${right} of ${this.checks.length} checks passed`, ...lines].join('\n')
  }
}

/**
 * Runs the checks that the toolkit's own cells must pass on any cell: whether its gradients are those of finite differences, whether it
 * gives the same bits alone, in a batch and in a stream, and so on. A check that fails is part of the report; it does not throw.
 *
 * `exact` is an engine of double precision, in which the gradients are compared. Throws a `UsageError` for another one.
 *
 * ```ts
 * const report = checkCell(myCell, await createEngine({ real: 'float64' }))
 * console.log(String(report)) // myCell: 11 of 11 checks passed …
 * report.assert()             // for tests: throws when one has failed
 * ```
 */
export function checkCell(cell: Cell, exact: Engine, options: CheckCellOptions = {}): CellReport {
  if (exact.real !== 'float64')
    throw new UsageError(
      `checkCell: got an engine of ${exact.real}; expected float64, as of createEngine({ real: 'float64' })`,
    )
  const { engine = exact, only = cellCheckNames, inputSize = 9, hiddenSize = 13, ...cellOptions } = options
  const subject: CellSubject = { cell, exact, engine, inputSize, hiddenSize, cellOptions }
  return new CellReport(
    cell.name,
    only.map((check) => ({ check, ...outcome(() => cellChecks[check](subject)) })),
  )
}

// A cell that is wrong may throw anything anywhere.
function outcome(check: () => string): Pick<CellCheck, 'passed' | 'detail'> {
  try {
    return { passed: true, detail: check() }
  } catch (error) {
    return { passed: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
